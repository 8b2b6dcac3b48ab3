"""Two small models that disagree about what follows a lamp, so that an answer shows which one gave it."""

from __future__ import annotations

from pathlib import Path

from millstream.application.models import publish_model
from millstream.application.ports import LogRecord, ModelStore
from millstream.domain.models.cards import Cost
from millstream.scoring.publishable import publishable
from millstream.scoring.stored_models import check_stored
from tests.builders import NOW_MS, log, record, views
from tests.unit.millstream.learning.histories import export, fit

SHOPPERS = 30
AFTER_THE_LAMP = ("desk", "vase")
"""What the first model and what the second one expects next."""


def publish_models(store: ModelStore, folder: Path) -> tuple[str, str]:
    """Fit, export and publish both; their versions."""
    first, second = (_publish(store, follower, folder / follower) for follower in AFTER_THE_LAMP)
    return first, second


def _publish(store: ModelStore, follower: str, folder: Path) -> str:
    exported = export(fit(_history(follower)), folder, created_at_ms=NOW_MS, cost=Cost(0, 0))
    publish_model(store, publishable(exported.folder, NOW_MS), exported.folder, check_stored)
    return exported.version


def _history(follower: str) -> list[LogRecord]:
    """Shoppers who look at the follower right after the lamp, and at the rest in between others."""
    others = [item for item in ("chair", "sofa", *AFTER_THE_LAMP) if item != follower]
    visits = [["lamp", follower, others[number % len(others)]] for number in range(SHOPPERS)]
    return log(*(record(f"shopper-{number}", *views(*visit)) for number, visit in enumerate(visits)))
