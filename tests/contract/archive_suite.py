"""What every Archive must honour."""

from __future__ import annotations

from abc import ABC, abstractmethod

import pytest

from freshet.application.ports import Archive, LogRecord
from freshet.domain.positions import HISTORY_SHARD, Position, shard_name

TODAY, TOMORROW = "2026-11-22", "2026-11-23"
EVERY_BYTE = bytes(range(256))


def records(*numbers: int, shard: str = shard_name(0)) -> list[LogRecord]:
    """Records with these sequence numbers."""
    return [LogRecord(Position(shard, number), f"key-{number}", EVERY_BYTE + b"%d" % number) for number in numbers]


class ArchiveSuite(ABC):
    """Give an empty archive; inherit the promises."""

    @pytest.fixture
    @abstractmethod
    def archive(self) -> Archive:
        """An empty archive."""

    def test_an_empty_archive_holds_nothing(self, archive: Archive) -> None:
        """Reading it is legal."""
        assert list(archive.read()) == []

    def test_records_are_read_as_they_were_stored(self, archive: Archive) -> None:
        """Position, key and every byte; sequence numbers of full length."""
        largest = 2**186 - 1
        archive.store(records(1, 2, largest), TODAY)
        assert list(archive.read()) == records(1, 2, largest)

    def test_records_come_in_the_order_of_their_positions(self, archive: Archive) -> None:
        """However they were stored: 9 before 10, whatever the day and the order of storing."""
        archive.store(records(100, 101), TODAY)
        archive.store(records(9, 10), TOMORROW)
        archive.store(records(2), TODAY)
        assert [one.position.sequence_number for one in archive.read()] == [2, 9, 10, 100, 101]

    def test_the_history_comes_before_the_shards_and_a_parent_before_its_child(self, archive: Archive) -> None:
        """Shard by shard."""
        shards = [HISTORY_SHARD, shard_name(2), shard_name(10)]
        for shard in reversed(shards):
            archive.store(records(1, 2, shard=shard), TODAY)
        assert [one.position for one in archive.read()] == [Position(shard, n) for shard in shards for n in (1, 2)]

    def test_a_batch_that_was_delivered_again_is_read_once(self, archive: Archive) -> None:
        """It has the same name, so it takes no room either."""
        names = {archive.store(records(1, 2, 3), TODAY) for _ in range(3)}
        assert len(names) == 1
        assert list(archive.read()) == records(1, 2, 3)

    @pytest.mark.parametrize(
        "cuts",
        [
            [(1, 2, 3, 4), (1, 2), (3, 4)],
            [(1, 2, 3), (2, 3, 4)],
            [(1, 2), (1, 2, 3, 4)],
            [(2, 3), (1, 2, 3, 4)],
            [(3, 4), (1, 2), (1,), (2,), (2, 3)],
        ],
    )
    def test_batches_that_overlap_are_read_once(self, archive: Archive, cuts: list[tuple[int, ...]]) -> None:
        """Bisected, or delivered again in another cut."""
        for cut in cuts:
            archive.store(records(*cut), TODAY)
        assert list(archive.read()) == records(1, 2, 3, 4)

    def test_the_same_batch_under_two_days_is_read_once(self, archive: Archive) -> None:
        """A clock that was corrected at midnight."""
        archive.store(records(1, 2), TODAY)
        archive.store(records(1, 2), TOMORROW)
        assert list(archive.read()) == records(1, 2)
