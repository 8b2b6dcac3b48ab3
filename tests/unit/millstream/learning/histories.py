"""Small logs, and the scorers that were fitted on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from millstream.application.ports import LogRecord
from millstream.domain.keys import item_key, pseudonym
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import HISTORY_SHARD, Position
from millstream.domain.log.records import encode
from millstream.domain.models.cards import Cost
from millstream.learning.export import model as exporting
from millstream.learning.export.folder import Exported
from millstream.learning.export.neighbours import Neighbours
from millstream.learning.export.origin import Origin
from millstream.learning.families.covisitation import Covisitation, CovisitationKnobs
from millstream.learning.from_log import LogHistory, read_history
from millstream.learning.road import learnable
from millstream.learning.training_set import set_id
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream.scoring.vocabulary import Vocabulary, words

NO_COST = Cost(0.0, 0.0)


def viewed(user: str, number: int, item: str, kind: EventKind = EventKind.ItemViewed) -> Event:
    """The user's event of this number: one second after the one before it."""
    attributes = {"quantity": 1} if kind is EventKind.ItemPurchased else {}
    return Event(kind, f"{user}-{number}", item, 1000 * number, None, attributes)


def record(sequence_number: int, user: str, events: Iterable[Event]) -> LogRecord:
    """One record of the imported history."""
    happened = tuple(events)
    taken_in_ms = max(event.occurred_at_ms for event in happened)
    data = encode(EventRecord(pseudonym(user, b"secret"), taken_in_ms, happened))
    return LogRecord(Position(HISTORY_SHARD, sequence_number), user, data)


def log_of(histories: Mapping[str, Sequence[str]]) -> list[LogRecord]:
    """One record a user, with the user's items in order."""
    return [
        record(number, user, (viewed(user, at, item) for at, item in enumerate(items)))
        for number, (user, items) in enumerate(histories.items(), start=1)
        if items
    ]


@dataclass(frozen=True)
class CovisitationModel:
    """A co-visitation that was fitted on a log, with its items in the order of the vocabulary."""

    model: Covisitation
    history: LogHistory
    items: Sequence[str]

    @classmethod
    def of(cls, history: LogHistory, knobs: CovisitationKnobs | None = None) -> CovisitationModel:
        """Fitted on what a log says."""
        model, rows = Covisitation(knobs), learnable(history.interactions)
        model.fit(rows, 0)
        return cls(model, history, rows.items)

    @property
    def order(self) -> list[int]:
        """Where the items of the vocabulary stand in the catalogue of the fit."""
        return [int(place) for place in exporting.order_of(self.items)]

    @property
    def item_ids(self) -> tuple[str, ...]:
        """In the order of their keys."""
        return tuple(self.items[place] for place in self.order)

    @property
    def vocabulary(self) -> Vocabulary:
        """Of the served form."""
        return Vocabulary(words([item_key(item_id) for item_id in self.item_ids]))

    @property
    def neighbours(self) -> Neighbours:
        """The served form."""
        return self.model.served(np.argsort(self.order)).neighbours


def fit(records: Iterable[LogRecord], knobs: CovisitationKnobs | None = None) -> CovisitationModel:
    """Fit on records in the order of the log."""
    return CovisitationModel.of(read_history(records), knobs)


def export(
    fitted: CovisitationModel,
    folder: Path,
    *,
    created_at_ms: int = 0,
    metrics: Mapping[str, Mapping[str, float]] | None = None,
    cost: Cost = NO_COST,
) -> Exported:
    """The model's folder."""
    log = fitted.history.log
    origin = Origin(set_id(log, "this code"), 0, cost, created_at_ms, metrics or {}, log)
    return exporting.export(fitted.model, fitted.items, folder, origin)


def exported(records: Iterable[LogRecord], folder: Path, knobs: CovisitationKnobs | None = None) -> Exported:
    """The model folder of a log."""
    return export(fit(records, knobs), folder)


def scorer_of(histories: Mapping[str, Sequence[str]], folder: Path) -> OnnxScorer:
    """A scorer that was fitted on these histories."""
    model = exported(log_of(histories), folder)
    return OnnxScorer.load(model.folder, model.version)
