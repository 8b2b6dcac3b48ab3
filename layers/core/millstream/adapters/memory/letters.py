"""Dead letters in memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from millstream.adapters.memory.clock import FixedClock
from millstream.application.ports import UNHURRIED, BatchLetter, Budget, Clock, DeadLetter, HeldLetter, UnknownLetter
from millstream.domain.log.positions import Position


class MemoryDeadLetters:
    """DeadLetters."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or FixedClock(0)
        self._numbers = count(1)
        self.held: dict[str, HeldLetter] = {}

    @property
    def by_position(self) -> dict[Position, DeadLetter]:
        """The records that cannot be folded, each once."""
        letters = (held.letter for held in self.held.values())
        return {letter.position: letter for letter in letters if isinstance(letter, DeadLetter)}

    def send(self, letter: DeadLetter, budget: Budget = UNHURRIED) -> None:  # noqa: ARG002  # at once
        """See DeadLetters."""
        self.keep(letter)

    def keep(self, letter: DeadLetter | BatchLetter | UnknownLetter) -> None:
        """Store a letter that Millstream did not send: one of Lambda's, or an unknown message."""
        handle = str(next(self._numbers))
        self.held[handle] = HeldLetter(letter, self._clock.now_ms(), handle)

    def letters(self) -> Iterator[HeldLetter]:
        """See DeadLetters."""
        yield from list(self.held.values())

    def remove(self, handle: str) -> None:
        """See DeadLetters."""
        self.held.pop(handle, None)
