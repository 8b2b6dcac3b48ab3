"""Verify and rebuild with an archive that lacks records, or has objects that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from millstream.adapters.memory import MemoryArchive
from millstream.application.collect.import_history import archive_history
from millstream.application.collect.repair_archive import RepairArchive
from millstream.application.ports import ArchivedObject, ArchiveSlice, LogRecord, UnreadableObjectError
from millstream.application.replay.building import LostRecordsError
from millstream.domain.log.positions import HISTORY_SHARD
from tests.builders import NOW_MS, record, views
from tests.unit.millstream.application.replay.shop import DAY, ShopInMemory


def shop_in_three_objects() -> tuple[ShopInMemory, list[str]]:
    """A shop whose only user's events were archived in three objects of two, one and one records."""
    shop, names = ShopInMemory(), []
    for batch in ((1, 2), (3,), (4,)):
        before = set(shop.archive.objects)
        for number in batch:
            shop.happens("ann", *views(f"e{number}", f"item-{number}"))
        shop.run()
        names += sorted(set(shop.archive.objects) - before)
    return shop, names


def forget_stream(shop: ShopInMemory) -> None:
    shop.log.forget_before(10**9)


def test_what_the_stream_still_holds_fills_a_hole() -> None:
    shop, names = shop_in_three_objects()
    before = shop.rows()
    assert not shop.verify().held
    del shop.archive.objects[names[1]]
    found = shop.verify()
    assert found.equal
    assert [piece.records for piece in found.held] == [1]  # a week later they would be lost
    done = shop.rebuild()
    assert (done.different, done.lost, shop.rows()) == (0, 0, before)


def test_verify_says_how_many_records_are_lost() -> None:
    shop, names = shop_in_three_objects()
    del shop.archive.objects[names[0]]
    forget_stream(shop)
    found = shop.verify()
    assert not found.equal
    assert [piece.lost for piece in found.lost] == [2]


def test_a_rebuild_that_would_lose_records_is_refused_and_changes_nothing() -> None:
    shop, names = shop_in_three_objects()
    before = shop.rows()
    del shop.archive.objects[names[1]]
    forget_stream(shop)
    with pytest.raises(LostRecordsError) as refused:
        shop.rebuild()
    assert refused.value.records == 1
    assert (shop.views.serving(), shop.rows()) == (1, before)


def test_a_loss_is_accepted_by_its_number() -> None:
    shop, names = shop_in_three_objects()
    del shop.archive.objects[names[1]]
    forget_stream(shop)
    assert shop.rebuild(accept_loss=1).lost == 1
    assert shop.views.serving() == 2


def test_a_refused_rebuild_plans_again_when_the_object_is_back() -> None:
    shop, names = shop_in_three_objects()
    kept = shop.archive.objects.pop(names[2])
    forget_stream(shop)
    with pytest.raises(LostRecordsError):
        shop.rebuild()
    shop.archive.objects[names[2]] = kept
    assert shop.rebuild().lost == 0


class Corrupted(MemoryArchive):
    """An archive in which one object cannot be read."""

    corrupt = ""

    def read_slice(self, slice_: ArchiveSlice) -> Iterator[LogRecord]:
        for name in slice_.names:
            if name == self.corrupt:
                raise UnreadableObjectError(self._listed(name), "gzip", "garbage")
        return super().read_slice(slice_)


def corrupted() -> tuple[ShopInMemory, str]:
    shop, names = shop_in_three_objects()
    archive = Corrupted()
    archive.__dict__.update(shop.archive.__dict__)
    archive.corrupt = names[1]
    shop.archive = archive
    return shop, names[1]


def test_an_unreadable_object_is_named_and_the_stream_takes_its_place() -> None:
    shop, name = corrupted()
    before = shop.rows()
    found = shop.verify()
    assert (found.different, found.unreadable, found.equal) == (0, (name,), False)
    done = shop.rebuild()
    assert (done.unreadable, done.different, shop.rows()) == ((name,), 0, before)


def test_an_unreadable_object_whose_records_are_lost_refuses_the_rebuild() -> None:
    shop, _ = corrupted()
    forget_stream(shop)
    assert shop.verify().lost
    with pytest.raises(LostRecordsError):
        shop.rebuild()


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_missing_object_of_an_import_refuses_the_rebuild(place: int) -> None:
    """Wherever it is in the import: no stream has its records."""
    shop, _ = shop_in_three_objects()
    days = [NOW_MS - day * 86_400_000 for day in (3, 2, 1)]
    list(archive_history([record("ann", *views("a"), recorded_at_ms=day) for day in days], 1, shop.archive))
    names = [one.name for one in shop.archive.listing().objects if one.shard == HISTORY_SHARD]
    del shop.archive.objects[sorted(names)[place]]
    assert [piece.lost for piece in shop.verify().lost] == [1]
    with pytest.raises(LostRecordsError):
        shop.rebuild()
    assert shop.rebuild(accept_loss=1).lost == 1


def test_an_unreadable_object_that_does_not_say_what_it_contains_is_left_out_by_name_only() -> None:
    """Objects of format 1: nothing could say whether the stream has all of its records."""
    shop, name = corrupted()
    shop.archive._starts.pop(name)
    with pytest.raises(UnreadableObjectError) as refused:
        shop.rebuild()
    assert refused.value.name == name


def test_an_object_listed_without_numbers_is_not_counted() -> None:
    plain = ArchivedObject("2026-11-22", "shardId-000000000000", 1, 2, "name", 10)
    assert not UnreadableObjectError(plain, "gzip", "garbage").counted


def test_a_hole_is_archived_again_from_the_stream() -> None:
    shop, names = shop_in_three_objects()
    log = list(shop.archive.read())
    del shop.archive.objects[names[1]]
    (repaired,) = RepairArchive(shop.archive, shop.log)(DAY)
    assert repaired.stored == repaired.hole.records == 1
    forget_stream(shop)
    assert list(shop.archive.read()) == log
    assert shop.verify().equal


def test_an_unreadable_object_is_replaced_under_its_own_name() -> None:
    shop, names = shop_in_three_objects()
    records = shop.archive.objects[names[1]]
    shop.archive.objects[names[1]] = records[:1]  # stands for bytes that cannot be read
    (repaired,) = RepairArchive(shop.archive, shop.log)("2026-11-30", [names[1]])
    assert (repaired.stored, shop.archive.objects[names[1]]) == (1, records)


def test_a_hole_that_the_stream_holds_in_part_stays_and_is_told() -> None:
    shop, names = shop_in_three_objects()
    del shop.archive.objects[names[0]]
    shop.log.forget_before(2)
    (repaired,) = RepairArchive(shop.archive, shop.log)(DAY)
    assert (repaired.stored, repaired.hole.records) == (0, 2)
