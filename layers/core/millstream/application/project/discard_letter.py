"""What lay among the dead letters is given up."""

from __future__ import annotations

from dataclasses import dataclass

from millstream.application.ports import Clock, DeadLetter, DeadLetters, EventLog
from millstream.application.project.letters import FiledLetter
from millstream.application.project.voiding import NO_KEY, void
from millstream.domain.log.positions import Position


@dataclass(frozen=True)
class DiscardLetter:
    """Discard one letter: the log says that the record does not count, then the letter goes.

    A crash in between leaves the letter to be discarded again. A batch that a function did not get is in the log and
    counts; its letter just goes.
    """

    dead_letters: DeadLetters
    log: EventLog
    clock: Clock

    def __call__(self, filed: FiledLetter) -> Position | None:
        """Where the log says so; None for a letter that is not about one record. Raises UnavailableError."""
        letter, said_at = filed.letter, None
        if isinstance(letter, DeadLetter):
            said_at = void(self.log, self.clock, letter.position, letter.partition_key or NO_KEY, "discarded")
        for handle in filed.handles:
            self.dead_letters.remove(handle)
        return said_at
