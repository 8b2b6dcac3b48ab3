"""Dead letters are looked at, redriven and discarded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from millstream.adapters.memory import FixedClock, MemoryArchive, MemoryDeadLetters
from millstream.adapters.memory.log import MemoryEventLog
from millstream.application.ports import BatchLetter, DeadLetter, LogRecord, UnknownLetter
from millstream.application.project.discard_letter import DiscardLetter
from millstream.application.project.letters import filed_letter, filed_letters
from millstream.application.project.redrive_letter import NotRedrivableError, RedriveLetter, Redriven
from millstream.domain.errors import InvalidRecordError, NotFoundError
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import Position, shard_name
from millstream.domain.log.records import LONGEST_RECORD_BYTES, decode, encode
from tests.builders import NOW_MS, POISON, SHARD, record, subject, views

GOOD = encode(record("ann", *views("lamp")))
FUTURE = GOOD[:1] + b"\x09" + GOOD[2:]
ANN = subject("ann").hex()
ARCHIVIST, PROJECTOR = "stack-ArchiveEvents-1", "stack-ProjectEvents-2"


class Office:
    """Everything behind the use cases, in memory."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOW_MS)
        self.letters = MemoryDeadLetters(self.clock)
        self.log = MemoryEventLog()
        self.archive = MemoryArchive()
        self.redrive = RedriveLetter(self.letters, self.log, self.archive, self.log, self.clock, ARCHIVIST)
        self.discard = DiscardLetter(self.letters, self.log, self.clock)

    def poisoned(self, data: bytes, key: str = ANN) -> DeadLetter:
        """The letter of a record that lies in the log, as the projector sends it."""
        letter = DeadLetter(self.log.append(key, data), "no record", data, key)
        self.letters.send(letter)
        return letter

    def batch(self, function: str, *datas: bytes) -> BatchLetter:
        """Lambda's letter about records that lie in the log, all of them in one shard."""
        positions = [self.log.append(ANN, data) for data in datas]
        letter = BatchLetter(function, positions[0], positions[-1], len(datas), "RetryAttemptsExhausted", "2026-11-22")
        self.letters.keep(letter)
        return letter

    def appended(self, behind: Position) -> list[LogRecord]:
        """What the log took in later."""
        return [one for one in self.log.records if one.position.sequence_number > behind.sequence_number]


def test_a_letter_that_came_twice_is_shown_once() -> None:
    """How often, and since when; the oldest first."""
    office = Office()
    first, second = office.poisoned(POISON), office.poisoned(b"\xf5")
    office.clock.time_ms += 60_000
    office.letters.send(first)
    one, other = filed_letters(office.letters)
    assert (one.letter, one.times, one.first_sent_ms) == (first, 2, NOW_MS)
    assert (other.letter, other.times, other.first_sent_ms) == (second, 1, NOW_MS)


def test_a_copy_that_knows_the_key_is_preferred() -> None:
    """Copies of an early version and of this one lie side by side."""
    office = Office()
    letter = DeadLetter(Position(SHARD, 7), "no record", POISON)
    office.letters.send(letter)
    office.letters.send(replace(letter, partition_key=ANN))
    office.letters.send(letter)
    (filed,) = filed_letters(office.letters)
    assert filed.letter == replace(letter, partition_key=ANN)


def test_a_letter_that_is_not_held_is_not_found() -> None:
    """The name that was asked for is in the message."""
    with pytest.raises(NotFoundError, match=f"no dead letter {SHARD}:7"):
        filed_letter(Office().letters, f"{SHARD}:7")


def test_a_redriven_record_is_void_where_it_lay_and_new_at_the_end_of_the_log() -> None:
    """Bytes as they were, which code of today can read; both copies of the letter are gone."""
    office = Office()
    letter = office.poisoned(GOOD)
    office.letters.send(letter)
    redriven = office.redrive(filed_letter(office.letters, letter.identity))
    void, again = office.appended(letter.position)
    assert redriven == Redriven(again.position)
    (voided,) = decode(void.data).events
    assert voided.kind is EventKind.RecordVoided
    assert voided.attributes == {"position": str(letter.position), "why": "redriven"}
    assert decode(void.data).subject == bytes(16)
    assert (void.partition_key, again.partition_key, again.data) == (ANN, ANN, GOOD)
    assert filed_letters(office.letters) == []


def test_a_repaired_record_lies_among_its_own_user_s() -> None:
    """Whatever key the broken one had: a user's events count only in the shard in which they all lie."""
    office = Office()
    letter = office.poisoned(POISON, "anything")
    office.redrive(filed_letter(office.letters, letter.identity), GOOD)
    void, again = office.appended(letter.position)
    assert (void.partition_key, again.partition_key, again.data) == ("anything", ANN, GOOD)


@pytest.mark.parametrize("repaired", [None, POISON, FUTURE, b"", GOOD[:50], GOOD[:-1]])
def test_what_cannot_be_decoded_is_not_redriven(repaired: bytes | None) -> None:
    """It would only come back: nothing is appended, and the letter stays."""
    office = Office()
    letter = office.poisoned(FUTURE)
    with pytest.raises(InvalidRecordError, match="^record"):
        office.redrive(filed_letter(office.letters, letter.identity), repaired)
    assert office.appended(letter.position) == []
    assert len(filed_letters(office.letters)) == 1


def test_what_no_stream_takes_is_not_redriven() -> None:
    """A repaired record may have become too long."""
    office = Office()
    letter = office.poisoned(POISON)
    with pytest.raises(InvalidRecordError, match=f"record: expected at most {LONGEST_RECORD_BYTES} bytes, got "):
        office.redrive(filed_letter(office.letters, letter.identity), GOOD + b" " * LONGEST_RECORD_BYTES)
    assert office.appended(letter.position) == []


class Half:
    """Letters that hold only the beginning of their records, or do not know the key, as an early version sent them."""

    def __init__(self, *, missing_bytes: int = 0, key: str | None = None) -> None:
        self.office = Office()
        self.position = self.office.log.append(ANN, GOOD)
        data = GOOD[: len(GOOD) - missing_bytes]
        self.letter = DeadLetter(self.position, "no record", data, key, missing_bytes)
        self.office.letters.send(self.letter)

    def redrive(self, repaired: bytes | None = None) -> list[LogRecord]:
        """What the log took in."""
        self.office.redrive(filed_letter(self.office.letters, self.letter.identity), repaired)
        return self.office.appended(self.position)


def test_the_whole_of_a_long_record_comes_from_the_archive() -> None:
    """The letter holds its first bytes, the stream has forgotten it."""
    half = Half(missing_bytes=9, key=ANN)
    others = [LogRecord(Position(SHARD, number), "another", b"another") for number in (2, 3)]
    half.office.archive.store([LogRecord(half.position, ANN, GOOD), *others], "2026-11-21")
    half.office.log.forget_before(2)
    assert half.redrive()[-1].data == GOOD


def test_the_whole_of_a_long_record_comes_from_the_stream() -> None:
    """The archivist has not come to it yet, or has not got it."""
    half = Half(missing_bytes=9, key=ANN)
    half.office.archive.store([LogRecord(Position(SHARD, 7), ANN, b"a later one")], "2026-11-22")
    assert half.redrive()[-1].data == GOOD


def test_a_long_record_that_is_nowhere_is_not_redriven_in_part() -> None:
    """Unless somebody gives the bytes."""
    half = Half(missing_bytes=9, key=ANN)
    half.office.log.forget_before(2)
    with pytest.raises(NotFoundError, match=f"holds {len(GOOD) - 9} of the record's {len(GOOD)} bytes"):
        half.redrive()
    assert half.office.log.records == []
    assert half.redrive(GOOD)[-1].data == GOOD


@pytest.mark.parametrize("forgotten", [False, True])
def test_the_key_that_an_early_letter_lacks_is_found(forgotten: bool) -> None:
    """Where the record still lies; and where it does not, what is said about it lies under no user's key."""
    half = Half()
    if forgotten:
        half.office.log.forget_before(2)
    void, again = half.redrive()
    assert void.partition_key == ("0" * 32 if forgotten else ANN)
    assert (again.partition_key, again.data) == (ANN, GOOD)


def test_a_batch_that_the_archivist_did_not_get_is_archived_where_it_belongs() -> None:
    """At its own positions; nothing is appended to the log, and poison among it is archived like everything."""
    office = Office()
    office.log.append(ANN, b"before")
    batch = office.batch(ARCHIVIST, GOOD, POISON, GOOD)
    after = office.log.append(ANN, b"after")
    assert office.redrive(filed_letter(office.letters, batch.identity)) == Redriven(None, 3)
    assert list(office.archive.read()) == office.log.records[1:4]
    assert office.appended(after) == []
    assert filed_letters(office.letters) == []


def test_of_a_batch_that_the_stream_has_forgotten_the_rest_is_archived_and_the_letter_stays() -> None:
    """It says how many are missing; with the whole shard gone, all of them."""
    office = Office()
    batch = office.batch(ARCHIVIST, GOOD, GOOD, GOOD)
    office.log.forget_before(batch.first.sequence_number + 1)
    with pytest.raises(NotFoundError, match="the stream still holds 2 of these 3 records"):
        office.redrive(filed_letter(office.letters, batch.identity))
    assert len(list(office.archive.read())) == 2
    gone = replace(batch, first=Position(shard_name(9), 1), last=Position(shard_name(9), 5), records=4)
    office.letters.keep(gone)
    with pytest.raises(NotFoundError, match="the stream still holds 0 of these 4 records"):
        office.redrive(filed_letter(office.letters, gone.identity))
    assert len(filed_letters(office.letters)) == 2


def test_a_batch_of_the_projector_s_needs_a_rebuild() -> None:
    """Its records are in the log: to append them again would be to have them twice."""
    office = Office()
    batch = office.batch(PROJECTOR, GOOD, GOOD)
    with pytest.raises(NotRedrivableError, match="run `millstream rebuild`, then discard the letter"):
        office.redrive(filed_letter(office.letters, batch.identity))
    assert office.appended(batch.last) == []
    assert office.discard(filed_letter(office.letters, batch.identity)) is None
    assert office.appended(batch.last) == [], "records that were void would be missing from the next rebuild"
    assert filed_letters(office.letters) == []


def test_two_functions_that_did_not_get_the_same_batch_have_a_letter_each() -> None:
    """Discarding the one leaves the other."""
    office = Office()
    archivists = office.batch(ARCHIVIST, GOOD)
    office.letters.keep(replace(archivists, function=PROJECTOR))
    assert len(filed_letters(office.letters)) == 2
    office.discard(filed_letter(office.letters, replace(archivists, function=PROJECTOR).identity))
    assert [filed.letter for filed in filed_letters(office.letters)] == [archivists]


def test_a_batch_is_not_repaired() -> None:
    """The bytes of one record cannot stand for many."""
    office = Office()
    batch = office.batch(ARCHIVIST, GOOD)
    with pytest.raises(NotRedrivableError, match="cannot be repaired"):
        office.redrive(filed_letter(office.letters, batch.identity), GOOD)


def test_a_discarded_record_is_void_and_its_letter_gone() -> None:
    """The log keeps the bytes, and says that they do not count, and that nobody sent them again."""
    office = Office()
    letter = office.poisoned(POISON)
    said_at = office.discard(filed_letter(office.letters, letter.identity))
    (void,) = office.appended(letter.position)
    assert void.position == said_at
    assert decode(void.data).events[0].attributes == {"position": str(letter.position), "why": "discarded"}
    assert void.partition_key == ANN
    assert filed_letters(office.letters) == []


def test_a_message_that_is_no_letter_can_only_be_discarded() -> None:
    """The log has nothing to say about it."""
    office = Office()
    office.letters.keep(UnknownLetter("m-1", "Hello?"))
    with pytest.raises(NotRedrivableError, match="not a dead letter"):
        office.redrive(filed_letter(office.letters, "message:m-1"))
    assert office.discard(filed_letter(office.letters, "message:m-1")) is None
    assert office.log.records == []
    assert filed_letters(office.letters) == []
