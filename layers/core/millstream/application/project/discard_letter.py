"""Discard dead letters."""

from __future__ import annotations

from dataclasses import dataclass

from millstream.application.ports import Clock, DeadLetter, DeadLetters, EventLog
from millstream.application.project.letters import FiledLetter
from millstream.application.project.voiding import NO_KEY, void
from millstream.domain.log.positions import Position


@dataclass(frozen=True)
class DiscardLetter:
    """Discard one letter: mark its record as void in the log, then delete the letter.

    After a crash in between, discard it again. The records of an undelivered batch are in the log and count; only the
    letter is deleted.
    """

    dead_letters: DeadLetters
    log: EventLog
    clock: Clock

    def __call__(self, filed: FiledLetter) -> Position | None:
        """Return the position of the voiding record; None for letters without a record. Raises UnavailableError."""
        letter, said_at = filed.letter, None
        if isinstance(letter, DeadLetter):
            said_at = void(self.log, self.clock, letter.position, letter.partition_key or NO_KEY, "discarded")
        for handle in filed.handles:
            self.dead_letters.remove(handle)
        return said_at
