"""Append a client's events to the log."""

from __future__ import annotations

from dataclasses import dataclass, field

from millstream.application.collect.taken_events import TakenEvents
from millstream.application.ports import UNHURRIED, Budget, Clock, EventLog
from millstream.domain.declaration import NOTHING_DECLARED, Declaration
from millstream.domain.errors import UnavailableError
from millstream.domain.keys import pseudonym
from millstream.domain.log.events import EventRecord
from millstream.domain.log.positions import Position
from millstream.domain.log.records import encode
from millstream.domain.log.submissions import Rejection, parse_submission


@dataclass(frozen=True, slots=True)
class Receipt:
    """The result of a call: `position` is that of the accepted events, None if none was accepted."""

    position: Position | None
    accepted: tuple[str, ...]
    rejected: tuple[Rejection, ...]


@dataclass(frozen=True)
class AcceptEvents:
    """Validate a call, replace the user id by a pseudonym, and append the events as one record."""

    log: EventLog
    clock: Clock
    pseudonym_secret: bytes
    taken: TakenEvents = field(default_factory=TakenEvents)
    declared: Declaration = NOTHING_DECLARED

    def __call__(self, body: object, budget: Budget = UNHURRIED) -> Receipt:
        """Accepted events of the receipt are stored in the log.

        Raises InvalidInputError for an invalid call, UnavailableError if the events may not be stored: send them again,
        they count once, by their ids.
        """
        now_ms = self.clock.now_ms()
        submission = parse_submission(body, now_ms, declared=self.declared)
        subject = pseudonym(submission.user_id, self.pseudonym_secret)
        submission = self.taken.checked(subject, submission)
        if not submission.accepted:
            return Receipt(None, (), submission.rejected)
        record = encode(EventRecord(subject, now_ms, submission.accepted, submission.attributes))
        try:
            position = self.log.append(subject.hex(), record, budget)
        except UnavailableError as error:
            raise UnavailableError(
                f"the events may not be in the log, send them again with the same ids: {error}"
            ) from error
        self.taken.remember(subject, submission)
        return Receipt(position, tuple(event.event_id for event in submission.accepted), submission.rejected)
