"""A user asks to be forgotten."""

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
    """Say in the log that a user is to be forgotten: the row is emptied when the projector meets it.

    The archive still holds the events; a rebuild passes over them. Making them unreadable is for the one who encrypts.
    """

    log: EventLog
    clock: Clock
    pseudonym_secret: bytes

    def __call__(self, user_id: str, budget: Budget = UNHURRIED) -> Position:
        """Where the log says it. Raises InvalidInputError, UnavailableError."""
        now_ms = self.clock.now_ms()
        subject = pseudonym(fields.required_id({"userId": user_id}, "userId"), self.pseudonym_secret)
        erased = Event(EventKind.UserErased, f"{subject.hex()}@{now_ms}", None, now_ms, None, {})
        return self.log.append(subject.hex(), encode(EventRecord(subject, now_ms, (erased,))), budget)
