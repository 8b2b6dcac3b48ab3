"""Before the first request: the catalogue, the history, and a first model that serves."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from millstream.adapters.local.system_clock import SystemClock
from millstream.application.collect.import_history import archive_history
from millstream.application.models import promote_model, publish_model
from millstream.application.ports import Scorer
from millstream.application.replay.amended_log import amended
from millstream.application.replay.progress import Progress
from millstream.domain.log.positions import HISTORY_SHARD
from millstream.domain.models.cards import Cost
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream.scoring.publishable import publishable
from millstream_tools.demo.mirror import Mirror
from millstream_tools.demo.translation import history_records, item_body
from millstream_tools.explained import ExplainedError
from millstream_tools.lab.served.covisitation_model.export import export
from millstream_tools.lab.served.covisitation_model.fit import fit
from millstream_tools.lab.stopwatch import Stopwatch
from millstream_tools.ops import replays
from millstream_tools.ops.client import MillstreamApi
from millstream_tools.ops.stack import Stack
from millstream_tools.shops.contract.behaviour import Behaviour
from millstream_tools.shops.contract.product import Product

ITEMS_A_CALL = 100
SERVING_WITHIN_S = 60.0


class NotServingError(ExplainedError):
    """A promoted model did not begin to serve in time."""


def publish_catalogue(api: MillstreamApi, products: Iterable[Product], advance: Callable[[int], None]) -> None:
    """Publish products over HTTP; `advance` hears how many more are done."""
    remaining = iter(products)
    while some := list(itertools.islice(remaining, ITEMS_A_CALL)):
        api.put_items([item_body(product) for product in some])
        advance(len(some))


def import_behaviours(called: str, history: Sequence[Behaviour], stack: Stack, progress: Progress) -> None:
    """Put a history into the log of a stack, and let views that hold it serve. Raises UnavailableError."""
    imports, records = stack.imports(), history_records(history, stack.secret())
    entry = imports.begin(called, called, SystemClock().now_ms())
    with progress("Archiving the history", len(history)) as advance:
        for events in archive_history(records, entry.number, stack.archive()):
            advance(events)
    with tempfile.TemporaryDirectory(prefix="millstream-rebuild-") as folder:
        replays.rebuild(stack, progress, folder=Path(folder) / "views")
    imports.finish(called, {"events": len(history)})


def fit_and_promote(stack: Stack, mirror: Mirror, metrics: Mapping[str, Mapping[str, float]]) -> Scorer:
    """Fit on the archived history, publish, promote, and return the same model for the client's own baselines.

    `metrics` go on its card.
    """
    models, clock = stack.models(), SystemClock()
    watch = Stopwatch()
    # The history alone: what clients have published meanwhile is in the archive too, sooner or later.
    history = (record for record in amended(stack.archive()) if record.position.shard == HISTORY_SHARD)
    model = fit(mirror.read_history(history))
    cost = Cost(*watch.seconds())
    now_ms = clock.now_ms()
    with tempfile.TemporaryDirectory() as folder:
        exported = export(model, Path(folder), created_at_ms=now_ms, metrics=metrics, cost=cost)
        publish_model(models, publishable(exported.folder, now_ms), exported.folder)
        promote_model(models, clock, exported.version)
        return OnnxScorer.load(exported.folder, exported.version)


def wait_until_serving(api: MillstreamApi, version: str) -> None:
    """Wait until the API answers by this model. Raises NotServingError."""
    deadline = time.monotonic() + SERVING_WITHIN_S
    while api.health()["modelVersion"] != version:
        if time.monotonic() > deadline:
            raise NotServingError(f"{version} does not serve after {SERVING_WITHIN_S:g} s")
        time.sleep(0.1)
