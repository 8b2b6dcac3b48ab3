"""A made-up shop to recommend from: a catalogue, a fitted model, and users with a hundred events each.

Visits look at items that lie near each other, so that items have neighbours; nothing about accuracy follows from it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from millstream.application.ports import LogRecord
from millstream.domain.catalogue.items import Item
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import Position
from millstream.domain.models.cards import Cost
from millstream.domain.views.user_state import RECENT_EVENTS
from millstream.scoring.onnx_scorer import OnnxScorer
from tests.bench.kinesis import SHARD, packed
from tests.bench.trace import START_MS, Step
from tests.unit.millstream.learning.histories import CovisitationModel, export, fit

VISIT_EVENTS = 12
_WINDOW = 24
_STRIDE = 6
_SEED = 20261122


@dataclass(frozen=True)
class Shop:
    """Everything that a handler needs; the model is the same for all, fitted once."""

    items: list[Item]
    model: CovisitationModel
    scorer: OnnxScorer
    users: dict[str, list[Step]]


def shop(items: int, users: int, folder: Path) -> Shop:
    """A shop of this size; the model is written to `folder` and read from there, as serving does."""
    model = fit(_log(items))
    exported = export(model, folder, created_at_ms=0, cost=Cost(0.0, 0.0))
    catalogue = [
        Item(_item_id(number), f"Thing {number}", f"category-{number % 40}", float(number % 97))
        for number in range(items)
    ]
    histories = {f"user-{number:06d}": _history(number, items) for number in range(users)}
    return Shop(catalogue, model, OnnxScorer.load(exported.folder, exported.version), histories)


def _log(items: int) -> Iterator[LogRecord]:
    chance = random.Random(_SEED)
    for number, start in enumerate(range(0, items, _STRIDE), start=1):
        key, data = packed(_visit(f"visitor-{number}", start, items, START_MS + 60_000 * number, chance))
        yield LogRecord(Position(SHARD, number), key, data)


def _history(number: int, items: int) -> list[Step]:
    """As many events as a row keeps, in visits a day apart."""
    chance = random.Random(_SEED + 1 + number)
    history: list[Step] = []
    while len(history) < RECENT_EVENTS:
        at_ms = START_MS + 86_400_000 * len(history) // VISIT_EVENTS
        history += _visit(f"user-{number:06d}", chance.randrange(items), items, at_ms, chance)
    return history[:RECENT_EVENTS]


def _visit(user: str, start: int, items: int, at_ms: int, chance: random.Random) -> list[Step]:
    places = chance.sample(range(start, start + _WINDOW), VISIT_EVENTS)
    return [
        Step(
            user,
            f"{chance.getrandbits(64):016x}",
            f"{chance.getrandbits(128):032x}",
            EventKind.ItemViewed,
            _item_id(place % items),
            at_ms + 20_000 * step,
            step == VISIT_EVENTS - 1,
        )
        for step, place in enumerate(places)
    ]


def _item_id(number: int) -> str:
    return f"item-{number:06d}"
