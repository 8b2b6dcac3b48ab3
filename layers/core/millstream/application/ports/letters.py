"""Records that cannot be folded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from millstream.application.ports.time import UNHURRIED, Budget
from millstream.domain.log.positions import Position


@dataclass(frozen=True)
class DeadLetter:
    """A record that cannot be folded, with the reason.

    A letter that was held may have only the beginning of a long record, and no key if it was sent by an early version.
    """

    position: Position
    reason: str
    data: bytes
    partition_key: str | None = None
    missing_bytes: int = 0

    @property
    def identity(self) -> str:
        """How people name the letter."""
        return str(self.position)


@dataclass(frozen=True)
class BatchLetter:
    """Records that Lambda stopped delivering to one function: where they lie, and not the records themselves."""

    function: str
    first: Position
    last: Position
    records: int
    reason: str
    arrived_on: str
    """The day (YYYY-MM-DD, UTC) on which the stream took in the first of them."""

    @property
    def identity(self) -> str:
        """How people name the letter: two functions may have lost the same records."""
        return f"{self.first}-{self.last.sequence_number}/{self.function}"


@dataclass(frozen=True)
class StrangeLetter:
    """A message that is no letter of ours or of Lambda's."""

    message_id: str
    text: str

    @property
    def identity(self) -> str:
        """How people name the letter."""
        return f"message:{self.message_id}"


@dataclass(frozen=True)
class HeldLetter:
    """A letter as it is held, and when it came (epoch ms). The handle is for `remove`."""

    letter: DeadLetter | BatchLetter | StrangeLetter
    sent_at_ms: int
    handle: str


class DeadLetters(Protocol):
    """Where records go that cannot be folded."""

    def send(self, letter: DeadLetter, budget: Budget = UNHURRIED) -> None:
        """Keep the letter. Sending one twice is legal; its position tells.

        Raises UnavailableError when the budget ends first.
        """

    def letters(self) -> Iterator[HeldLetter]:
        """Every letter that is held, in no order, each sending by itself; they stay. Raises UnavailableError."""

    def remove(self, handle: str) -> None:
        """Let go of one letter; one that is gone already is no error. Raises UnavailableError."""
