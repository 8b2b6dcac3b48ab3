"""Dead letters: records that cannot be folded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from millstream.application.ports.time import UNHURRIED, Budget
from millstream.domain.log.positions import Position


@dataclass(frozen=True)
class DeadLetter:
    """A record that cannot be folded, with the reason.

    A stored letter may hold only the beginning of a long record, and no key if an early version sent it.
    """

    position: Position
    reason: str
    data: bytes
    partition_key: str | None = None
    missing_bytes: int = 0

    @property
    def identity(self) -> str:
        """The name of the letter in commands."""
        return str(self.position)


@dataclass(frozen=True)
class BatchLetter:
    """Records that Lambda gave up delivering to a function: their positions, not the records themselves."""

    function: str
    first: Position
    last: Position
    records: int
    reason: str
    arrived_on: str
    """The day (YYYY-MM-DD, UTC) on which the first of them arrived in the stream."""

    @property
    def identity(self) -> str:
        """The name of the letter in commands, with the function, because two may have lost the same records."""
        return f"{self.first}-{self.last.sequence_number}/{self.function}"


@dataclass(frozen=True)
class UnknownLetter:
    """A message that neither Millstream nor Lambda sent."""

    message_id: str
    text: str

    @property
    def identity(self) -> str:
        """The name of the letter in commands."""
        return f"message:{self.message_id}"


@dataclass(frozen=True)
class HeldLetter:
    """A stored letter, and when it arrived (epoch ms). The handle is for `remove`."""

    letter: DeadLetter | BatchLetter | UnknownLetter
    sent_at_ms: int
    handle: str


class DeadLetters(Protocol):
    """The dead-letter queue."""

    def send(self, letter: DeadLetter, budget: Budget = UNHURRIED) -> None:
        """Store a letter. Sending it twice is allowed: copies have the same position.

        Raises UnavailableError if the budget ends first.
        """

    def letters(self) -> Iterator[HeldLetter]:
        """All stored letters, in no order, one for each time a letter was sent. Raises UnavailableError."""

    def remove(self, handle: str) -> None:
        """Delete a letter; a missing one is no error. Raises UnavailableError."""
