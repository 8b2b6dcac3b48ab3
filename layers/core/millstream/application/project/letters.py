"""Dead letters without repetitions: each once, however often it was sent."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from millstream.application.ports import BatchLetter, DeadLetter, DeadLetters, HeldLetter, UnknownLetter
from millstream.domain.errors import NotFoundError


@dataclass(frozen=True)
class FiledLetter:
    """One letter: how often it was sent, when it first was (epoch ms), and the handles of all copies."""

    letter: DeadLetter | BatchLetter | UnknownLetter
    times: int
    first_sent_ms: int
    handles: tuple[str, ...]


def filed_letters(dead_letters: DeadLetters) -> list[FiledLetter]:
    """All letters, the oldest first. Raises UnavailableError."""
    copies: dict[str, list[HeldLetter]] = defaultdict(list)
    for held in dead_letters.letters():
        copies[held.letter.identity].append(held)
    return sorted(map(_filed, copies.values()), key=lambda filed: (filed.first_sent_ms, filed.letter.identity))


def filed_letter(dead_letters: DeadLetters, identity: str) -> FiledLetter:
    """The letter with this name. Raises NotFoundError, UnavailableError."""
    for filed in filed_letters(dead_letters):
        if filed.letter.identity == identity:
            return filed
    raise NotFoundError(f"there is no dead letter {identity}")


def _filed(copies: list[HeldLetter]) -> FiledLetter:
    return FiledLetter(
        max((held.letter for held in copies), key=_fullness),
        len(copies),
        min(held.sent_at_ms for held in copies),
        tuple(held.handle for held in copies),
    )


def _fullness(letter: DeadLetter | BatchLetter | UnknownLetter) -> bool:
    """Copies are equal, except that those of an early version have no key."""
    return isinstance(letter, DeadLetter) and letter.partition_key is not None
