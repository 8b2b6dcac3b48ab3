"""Erase a user."""

from __future__ import annotations

from dataclasses import dataclass

from millstream.application.ports import UNHURRIED, Budget, Clock, EventLog
from millstream.domain import fields
from millstream.domain.keys import pseudonym
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import Position
from millstream.domain.log.records import encode


@dataclass(frozen=True)
class EraseUser:
    """Append an erasure to the log. The user's row is cleared when the projector folds it.

    The archive still contains the events; rebuilds skip them. To make them unreadable, manage the encryption keys.
    """

    log: EventLog
    clock: Clock
    pseudonym_secret: bytes

    def __call__(self, user_id: str, budget: Budget = UNHURRIED) -> Position:
        """Return the position of the erasure. Raises InvalidInputError, UnavailableError."""
        now_ms = self.clock.now_ms()
        subject = pseudonym(fields.required_id({"userId": user_id}, "userId"), self.pseudonym_secret)
        erased = Event(EventKind.UserErased, f"{subject.hex()}@{now_ms}", None, now_ms, None, {})
        return self.log.append(subject.hex(), encode(EventRecord(subject, now_ms, (erased,))), budget)
