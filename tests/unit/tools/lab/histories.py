"""Small logs, and the scorers that were fitted on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from millstream.application.ports import LogRecord
from millstream.domain.keys import pseudonym
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import HISTORY_SHARD, Position
from millstream.domain.log.records import encode
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream_tools.lab.served.covisitation_model import Cost, CovisitationConfig, Exported, export, fit

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


def exported(records: Iterable[LogRecord], folder: Path, config: CovisitationConfig | None = None) -> Exported:
    """The model folder of a log."""
    return export(fit(records, config), folder, created_at_ms=0, cost=NO_COST)


def scorer_of(histories: Mapping[str, Sequence[str]], folder: Path) -> OnnxScorer:
    """A scorer that was fitted on these histories."""
    model = exported(log_of(histories), folder)
    return OnnxScorer.load(model.folder, model.version)
