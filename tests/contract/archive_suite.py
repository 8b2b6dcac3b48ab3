"""What every Archive must honour."""

from __future__ import annotations

from abc import ABC, abstractmethod

import pytest

from millstream.application.ports import Archive, Head, LogRecord
from millstream.domain.errors import ConflictError
from millstream.domain.log.positions import HISTORY_SHARD, Position, shard_name

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

    @pytest.mark.parametrize("cuts", [[(1, 10), (3, 5)], [(1, 10), (3, 4, 5), (4, 12)], [(1, 5), (1, 10), (2, 7)]])
    def test_what_one_object_leaves_out_another_one_may_hold(
        self, archive: Archive, cuts: list[tuple[int, ...]]
    ) -> None:
        """Nothing is taken for granted of what lies between an object's first and last record."""
        for cut in cuts:
            archive.store(records(*cut), TODAY)
        assert list(archive.read()) == records(*sorted({number for cut in cuts for number in cut}))

    def test_an_empty_archive_has_no_slices(self, archive: Archive) -> None:
        """Asking for them is legal."""
        assert list(archive.slices()) == []

    def test_slices_are_what_was_stored_in_the_order_in_which_it_is_read(self, archive: Archive) -> None:
        """History first, shards by their number and not by its digits, then by the first record."""
        for shard, numbers in [(shard_name(11), (7,)), (shard_name(2), (10, 11)), (shard_name(2), (9,))]:
            archive.store(records(*numbers, shard=shard), TODAY)
        archive.store(records(5, shard=HISTORY_SHARD), TOMORROW)
        slices = archive.slices(most_bytes=1)
        assert [(one.shard, one.last) for one in slices] == [
            (HISTORY_SHARD, 5),
            (shard_name(2), 9),
            (shard_name(2), 11),
            (shard_name(11), 7),
        ]
        assert [record for one in slices for record in archive.read_slice(one)] == list(archive.read())

    def test_neighbours_share_a_slice_up_to_its_bytes(self, archive: Archive) -> None:
        """Enough room: one slice a shard. Too little: an object each, since a slice is never empty."""
        names = [archive.store(records(number), TODAY) for number in (1, 2, 3)]
        archive.store(records(1, shard=shard_name(1)), TODAY)
        whole = archive.slices()
        assert (whole[0].names, whole[0].last) == (tuple(names), 3)
        assert [one.shard for one in whole] == [shard_name(0), shard_name(1)]
        of_three = whole[0].stored_bytes
        assert [len(one.names) for one in archive.slices(most_bytes=of_three - 1)] == [2, 1, 1]
        assert [len(one.names) for one in archive.slices(most_bytes=1)] == [1, 1, 1, 1]
        assert sum(one.stored_bytes for one in archive.slices(most_bytes=1)[:3]) == of_three

    def test_no_record_is_in_two_slices(self, archive: Archive) -> None:
        """Objects that overlap stay together, however few bytes a slice should have."""
        for cut in [(1, 2, 3), (3, 4), (4, 5), (6, 7), (6,)]:
            archive.store(records(*cut), TODAY)
        slices = archive.slices(most_bytes=1)
        assert [list(archive.read_slice(one)) for one in slices] == [records(1, 2, 3, 4, 5), records(6, 7)]

    def test_a_slice_is_read_as_it_was_listed(self, archive: Archive) -> None:
        """What is stored afterwards is in the next listing."""
        archive.store(records(1, 2), TODAY)
        (slice_,) = archive.slices()
        archive.store(records(3), TODAY)
        assert list(archive.read_slice(slice_)) == records(1, 2)

    def test_an_object_is_listed_with_its_place_and_its_number_of_records(self, archive: Archive) -> None:
        """What was archived before it, if that was said."""
        archive.store(records(1, 2, 3), TODAY, start=7)
        archive.store(records(9), TODAY)
        assert [(one.first, one.last, one.start, one.records) for one in archive.listing().objects] == [
            (1, 3, 7, 3),
            (9, 9, None, None),
        ]

    def test_a_head_moves_from_what_was_seen(self, archive: Archive) -> None:
        """Each shard has its own; also sequence numbers of full length."""
        shard, longest = shard_name(0), Head(2**186 - 1, 5)
        assert archive.head(shard) is None
        archive.advance(shard, None, Head(3, 2))
        archive.advance(shard_name(1), None, Head(9, 1))
        archive.advance(shard, Head(3, 2), longest)
        assert archive.head(shard) == longest
        assert archive.heads() == {shard: longest, shard_name(1): Head(9, 1)}

    @pytest.mark.parametrize("seen", [None, Head(3, 1), Head(2, 2)])
    def test_a_head_that_moved_meanwhile_stays(self, archive: Archive, seen: Head | None) -> None:
        """Another archivist was there."""
        archive.advance(shard_name(0), None, Head(3, 2))
        with pytest.raises(ConflictError):
            archive.advance(shard_name(0), seen, Head(4, 3))
        assert archive.head(shard_name(0)) == Head(3, 2)
