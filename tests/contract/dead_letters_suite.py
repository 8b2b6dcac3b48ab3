"""What every DeadLetters must honour."""

from __future__ import annotations

from abc import ABC, abstractmethod

import pytest

from millstream.application.ports import BatchLetter, DeadLetter, DeadLetters, HeldLetter, UnknownLetter
from millstream.domain.log.positions import Position, shard_name

FIRST = DeadLetter(
    Position(shard_name(0), 2**185), "record.magic: expected 0xf5, got 0x6e", bytes(range(256)), "0011aabb"
)
SECOND = DeadLetter(Position(shard_name(1), 7), "record: „Größe“ 💡", b"", "„Schlüssel“")
EARLY = DeadLetter(Position(shard_name(1), 8), "sent by a version that kept no key", b"\xf5")
BATCH = BatchLetter(
    "millstream-ArchiveEvents-1AB2",
    Position(shard_name(0), 2**185 + 1),
    Position(shard_name(0), 2**185 + 900),
    60,
    "RetryAttemptsExhausted",
    "2026-11-22",
)
STRANGE = "Hello? Is this the queue for invoices?"


class DeadLettersSuite(ABC):
    """Give an empty place for letters, and a way to lay there what others send; inherit the promises."""

    @pytest.fixture
    @abstractmethod
    def letters(self) -> DeadLetters:
        """A place without letters."""

    @abstractmethod
    def lay(self, letters: DeadLetters, letter: BatchLetter | str) -> None:
        """Let Lambda's letter, or anybody's message, arrive there."""

    def test_a_place_without_letters_says_so_at_once(self, letters: DeadLetters) -> None:
        """Reading it is legal."""
        assert held(letters) == []

    def test_a_letter_is_kept_with_its_position_its_reason_its_key_and_its_bytes(self, letters: DeadLetters) -> None:
        """Whoever reads it can find the record, understand what was wrong, and send it again."""
        for letter in (FIRST, SECOND, EARLY):
            letters.send(letter)
        assert {one.letter for one in held(letters)} == {FIRST, SECOND, EARLY}

    def test_reading_takes_nothing_away(self, letters: DeadLetters) -> None:
        """Not even for a while: who reads next sees the same, also after a reader that stopped half-way."""
        for letter in (FIRST, SECOND, EARLY):
            letters.send(letter)
        next(reading := letters.letters())
        reading.close()  # type: ignore[attr-defined]  # they are generators, and this is what leaving a loop does
        for _ in range(3):
            assert len(held(letters)) == 3

    def test_more_letters_than_one_call_takes_are_read_each_once(self, letters: DeadLetters) -> None:
        """A bad hour's letters."""
        sent = [DeadLetter(Position(shard_name(0), number), "no record", b"%d" % number) for number in range(1, 38)]
        for letter in sent:
            letters.send(letter)
        found = [one.letter for one in held(letters)]
        assert len(found) == len(sent)
        assert set(found) == set(sent)

    def test_a_letter_may_be_sent_twice(self, letters: DeadLetters) -> None:
        """After a second delivery; its position tells that it is the same, and each sending has its own handle."""
        letters.send(FIRST)
        letters.send(FIRST)
        one, other = held(letters)
        assert one.letter == other.letter == FIRST
        assert one.handle != other.handle

    def test_a_letter_that_is_removed_is_gone_and_the_others_stay(self, letters: DeadLetters) -> None:
        """Removing it again is no error: two people may clear up at once."""
        for letter in (FIRST, SECOND):
            letters.send(letter)
        (handle,) = (one.handle for one in held(letters) if one.letter == FIRST)
        letters.remove(handle)
        letters.remove(handle)
        assert [one.letter for one in held(letters)] == [SECOND]

    def test_a_letter_may_be_removed_while_the_others_are_read(self, letters: DeadLetters) -> None:
        """Reading goes on, and ends."""
        for letter in (FIRST, SECOND, EARLY):
            letters.send(letter)
        for one in letters.letters():
            letters.remove(one.handle)
        assert held(letters) == []

    def test_a_letter_of_lambda_s_says_which_function_lacks_which_records(self, letters: DeadLetters) -> None:
        """It lies between ours."""
        letters.send(FIRST)
        self.lay(letters, BATCH)
        assert {one.letter for one in held(letters)} == {FIRST, BATCH}

    def test_a_message_that_nobody_knows_is_shown_as_it_is(self, letters: DeadLetters) -> None:
        """It keeps nobody from reading the others, and can be removed."""
        self.lay(letters, STRANGE)
        letters.send(FIRST)
        (strange,) = (one for one in held(letters) if isinstance(one.letter, UnknownLetter))
        assert isinstance(strange.letter, UnknownLetter)
        assert strange.letter.text == STRANGE
        letters.remove(strange.handle)
        assert [one.letter for one in held(letters)] == [FIRST]


def held(letters: DeadLetters) -> list[HeldLetter]:
    """Every letter, read to the end."""
    return list(letters.letters())
