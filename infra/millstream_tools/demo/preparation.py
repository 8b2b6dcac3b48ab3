"""Preparation of the demo: publish the catalogue, import the history, fit and promote a model."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from millstream.adapters.local.system_clock import SystemClock
from millstream.application.collect.completeness import Hole
from millstream.application.collect.import_history import archive_history
from millstream.application.learn.as_of import as_of
from millstream.application.learn.whole_log import WholeLog
from millstream.application.ports import LogRecord, Scorer
from millstream.application.replay.progress import Progress
from millstream.domain.log.positions import HISTORY_SHARD
from millstream.learning.choosing.budget import Limits
from millstream.learning.choosing.journal import Journal
from millstream.learning.choosing.light import light_spaces
from millstream.learning.choosing.proposing import Proposal, Proposing, Tools
from millstream.learning.evaluation.time_split import ExcludeInTime
from millstream.learning.families.families import LIGHT, Families
from millstream.learning.road import Data
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream_tools.demo.translation import history_records, item_body
from millstream_tools.explained import ExplainedError
from millstream_tools.ops import replays
from millstream_tools.ops.client import MillstreamApi
from millstream_tools.ops.learning import publish, training_set
from millstream_tools.ops.stack import Stack
from millstream_tools.shops.contract.behaviour import Behaviour
from millstream_tools.shops.contract.product import Product
from millstream_tools.shops.contract.shop import SeenPolicy

_EXCLUDED: Mapping[SeenPolicy, ExcludeInTime] = {
    "all": "history",
    "session": "session",
    "purchased": "purchased",
    "none": "none",
}
"""The time split's exclusion for each of the shop's policies."""

ITEMS_A_CALL = 100
UNITS, SEED = 30.0, 0
"""The budget for choosing the demo's model: about half a minute."""

SERVING_WITHIN_S = 60.0


class NotServingError(ExplainedError):
    """A promoted model did not start to serve in time."""


def publish_catalogue(api: MillstreamApi, products: Iterable[Product], advance: Callable[[int], None]) -> None:
    """Publish products over HTTP. Calls `advance` with the number published."""
    remaining = iter(products)
    while some := list(itertools.islice(remaining, ITEMS_A_CALL)):
        api.put_items([item_body(product) for product in some])
        advance(len(some))


def import_behaviours(called: str, history: Sequence[Behaviour], stack: Stack, progress: Progress) -> None:
    """Import a history into the log of a stack, and rebuild the views. Raises UnavailableError."""
    imports, records = stack.imports(), history_records(history, stack.secret())
    entry = imports.begin(called, called, SystemClock().now_ms())
    with progress("Archiving the history", len(history)) as advance:
        for events in archive_history(records, entry.number, stack.archive()):
            advance(events)
    with tempfile.TemporaryDirectory(prefix="millstream-rebuild-") as folder:
        replays.rebuild(stack, progress, folder=Path(folder) / "views")
    imports.finish(entry.number, {"events": len(history)})


def imported(stack: Stack) -> Iterable[LogRecord]:
    """The records of the imported history."""
    records = as_of(WholeLog(stack.archive())).records()
    return (record for record in records if record.position.shard == HISTORY_SHARD)


def _refuse(hole: Hole) -> None:
    raise ExplainedError(f"the demo's own log has a hole: {hole}")


def fit_and_promote(stack: Stack, exclude_seen: SeenPolicy, progress: Progress) -> tuple[Proposal, Scorer]:
    """Choose a model on the stack's log, publish and promote it, as `millstream models fit --promote` does.

    The same model is returned for the client's own baselines.
    """
    made = training_set(stack, None, progress, _refuse)
    tools = Tools(Families(LIGHT).create, light_spaces, {})
    propose = Proposing(
        tools, Limits(UNITS), SEED, Journal(None, {}), progress, lambda _: None, exclusions=(_EXCLUDED[exclude_seen],)
    )
    with tempfile.TemporaryDirectory() as folder:
        data = Data(made.data, made.id, made.log)
        proposal = propose(data, Path(folder) / "model", SystemClock().now_ms())
        fitted = proposal.fitted
        publish(stack.models(), fitted.folder, promote=True)
        return proposal, OnnxScorer.load(fitted.folder, fitted.version)


def wait_until_serving(api: MillstreamApi, version: str) -> None:
    """Wait until the API serves this model. Raises NotServingError."""
    deadline = time.monotonic() + SERVING_WITHIN_S
    while api.health()["modelVersion"] != version:
        if time.monotonic() > deadline:
            raise NotServingError(f"{version} does not serve after {SERVING_WITHIN_S:g} s")
        time.sleep(0.1)
