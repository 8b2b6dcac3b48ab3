"""What every DeadLetters must honour."""

from __future__ import annotations

from abc import ABC, abstractmethod

import pytest

from freshet.application.ports import DeadLetter, DeadLetters
from freshet.domain.positions import Position, shard_name

FIRST = DeadLetter(Position(shard_name(0), 2**185), "record.magic: expected 0xf5, got 0x6e", bytes(range(256)))
SECOND = DeadLetter(Position(shard_name(1), 7), "record: „Größe“ 💡", b"")


class DeadLettersSuite(ABC):
    """Give an empty place for letters and what was kept there; inherit the promises."""

    @pytest.fixture
    @abstractmethod
    def letters(self) -> DeadLetters:
        """A place without letters."""

    @abstractmethod
    def kept(self, letters: DeadLetters) -> set[tuple[str, str, bytes]]:
        """The position, the reason and the data of every letter."""

    def test_a_letter_is_kept_with_its_position_its_reason_and_its_bytes(self, letters: DeadLetters) -> None:
        """Whoever reads it can find the record, understand what was wrong, and send it again."""
        for letter in (FIRST, SECOND):
            letters.send(letter)
        assert self.kept(letters) == {(str(one.position), one.reason, one.data) for one in (FIRST, SECOND)}

    def test_a_letter_may_be_sent_twice(self, letters: DeadLetters) -> None:
        """After a second delivery; its position tells that it is the same."""
        letters.send(FIRST)
        letters.send(FIRST)
        assert {position for position, _, _ in self.kept(letters)} == {str(FIRST.position)}
