"""Before the first request: the catalogue, the history, and a first model that serves."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from freshet.application.import_history import import_history
from freshet.application.ports import PublishedModel, Scorer
from freshet.application.project_events import ProjectEvents
from freshet.application.promote_model import promote_model, publish_model
from freshet.domain.positions import HISTORY_SHARD
from freshet.scoring.onnx_scorer import OnnxScorer
from infra.cli.api import FreshetApi
from infra.demo.mirror import Mirror
from infra.demo.stores import Stores
from infra.demo.translation import history_records, item_body
from infra.explained import ExplainedError
from infra.shops.behaviour import Behaviour
from infra.shops.product import Product
from infra.trainer.covisitation.card import ALGORITHM, Cost
from infra.trainer.covisitation.export import export
from infra.trainer.covisitation.fit import fit

ITEMS_A_CALL = 100
SERVING_WITHIN_S = 60.0


class NotServingError(ExplainedError):
    """A promoted model did not begin to serve in time."""


def publish_catalogue(api: FreshetApi, products: Iterable[Product], advance: Callable[[int], None]) -> None:
    """Publish products over HTTP; `advance` hears how many more are done."""
    remaining = iter(products)
    while some := list(itertools.islice(remaining, ITEMS_A_CALL)):
        api.put_items([item_body(product) for product in some])
        advance(len(some))


def import_behaviours(history: Sequence[Behaviour], stores: Stores, advance: Callable[[int], None]) -> None:
    """Archive and fold a history; `advance` hears how many more events are done."""
    project = ProjectEvents(stores.views, stores.dead_letters)
    for projected in import_history(history_records(history, stores.secret), stores.archive, stores.features(), project):
        advance(projected.applied + projected.duplicates)


def fit_and_promote(stores: Stores, mirror: Mirror) -> Scorer:
    """Fit on the archived history, publish, promote, and return the same model for the client's own baselines."""
    wall, cpu = time.perf_counter(), time.process_time()
    # The history alone: what clients have published meanwhile is in the archive too, sooner or later.
    history = (record for record in stores.archive.read() if record.position.shard == HISTORY_SHARD)
    model = fit(mirror.read_history(history))
    cost = Cost(time.perf_counter() - wall, time.process_time() - cpu)
    now_ms = time.time_ns() // 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        exported = export(model, Path(folder), created_at_ms=now_ms, cost=cost)
        publish_model(
            stores.models, PublishedModel(exported.version, ALGORITHM, now_ms, exported.digest), exported.folder
        )
        promote_model(stores.models, exported.version)
        return OnnxScorer.load(exported.folder, exported.version)


def wait_until_serving(api: FreshetApi, version: str) -> None:
    """Wait until the API answers by this model. Raises NotServingError."""
    deadline = time.monotonic() + SERVING_WITHIN_S
    while api.health()["modelVersion"] != version:
        if time.monotonic() > deadline:
            raise NotServingError(f"{version} does not serve after {SERVING_WITHIN_S:g} s")
        time.sleep(0.1)
