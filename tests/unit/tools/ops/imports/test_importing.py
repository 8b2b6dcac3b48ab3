"""An import as a whole, over memory adapters."""

from __future__ import annotations

from pathlib import Path

import pytest

from millstream.domain.errors import UnavailableError
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import HISTORY_SHARD, Position
from millstream_tools.ops.imports.earlier import InTheLogError, NotReplacedError, UnknownImportError
from millstream_tools.readers.mapping_file import read_mapping
from millstream_tools.tables.errors import BadFileError, TooManyRejectsError
from tests.builders import NOW_MS, subject
from tests.importing import PLAIN, KilledError, Shop, table, visits

NOON = 1_700_049_600.0  # 2023-11-15 12:00 UTC
DAY = 86_400.0


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Three days of two users, the newest first."""
    rows = [(user, f"item-{day}-{place}", NOON + DAY * day + place) for day in (2, 1, 0) for user in ("ann", "bob")
            for place in range(3)]  # fmt: skip
    return table(tmp_path / "history.csv", visits(*rows))


def test_events_are_archived_in_order_of_time_with_positions_before_the_stream(tmp_path: Path) -> None:
    """Numbered from the import's number on; filed by the day on which they happened."""
    shop = Shop()
    file = table(tmp_path / "h.csv", visits(("bob", "b", NOON + DAY), ("ann", "a", NOON)))
    assert shop.imports_files(file).entry.number == 1
    first, second = shop.archive.read()
    assert first.position == Position(HISTORY_SHARD, 2**40 + 1)
    assert second.position == Position(HISTORY_SHARD, 2**40 + 2)
    assert [record.subject for record in shop.records()] == [subject("ann"), subject("bob")]
    assert [name.split("/")[0] for name in shop.archive.objects] == ["2023-11-15", "2023-11-16"]


def test_the_partition_key_is_the_users(history: Path) -> None:
    """As in the stream, so that a user's records stay together wherever the log is cut by user."""
    shop = Shop()
    shop.imports_files(history)
    assert {record.partition_key for record in shop.archive.read()} == {subject("ann").hex(), subject("bob").hex()}


def test_the_views_follow_before_an_import_is_finished(history: Path) -> None:
    """A rebuild that fails leaves the import unfinished, and the next attempt makes it good."""
    shop = Shop()
    shop.broken = True
    with pytest.raises(UnavailableError):
        shop.imports_files(history)
    assert [entry.counts for entry in shop.imports.entries()] == [None]
    shop.broken = False
    shop.imports_files(history)
    assert shop.rebuilds == [len(shop.archive.objects)]
    assert [entry.counts for entry in shop.imports.entries()] == [{"rows": 18, "events": 18, "rejected": 0}]


def test_a_finished_import_is_not_done_again(history: Path) -> None:
    """Not even under another name; nothing is stored, nothing rebuilt."""
    shop = Shop()
    shop.imports_files(history)
    objects, rebuilds = dict(shop.archive.objects), list(shop.rebuilds)
    again = shop.imports_files(history.rename(history.with_name("copy.csv")))
    assert (again.entry.number, again.tally) == (1, None)
    assert (shop.archive.objects, shop.rebuilds) == (objects, rebuilds)


def test_a_file_in_the_log_is_not_counted_again_under_another_mapping(history: Path) -> None:
    """The error names the import and both remedies; nothing is stored. A second time on purpose is another import."""
    shop = Shop()
    shop.imports_files(history)
    objects = dict(shop.archive.objects)
    with pytest.raises(InTheLogError, match=r"history\.csv is in the log as number 1.*imports replace 1 .*--again"):
        shop.imports_files(history, event_type="=ItemPurchased")
    assert (shop.archive.objects, len(shop.imports.entries())) == (objects, 1)
    assert shop.imports_files(history, event_type="=ItemPurchased", again=True).entry.number == 2
    assert [record.position.sequence_number >> 40 for record in shop.archive.read()] == [1] * 18 + [2] * 18


def test_a_file_among_others_is_known_too(history: Path, tmp_path: Path) -> None:
    """By its content, whatever it is called; a file that is not in the log is no obstacle."""
    shop = Shop()
    other = table(tmp_path / "other.csv", visits(("ann", "a", NOON)))
    shop.imports_files(history)
    with pytest.raises(InTheLogError, match=r"renamed\.csv is in the log as number 1"):
        shop.imports_files(other, history.rename(history.with_name("renamed.csv")))
    assert shop.imports_files(other).entry.number == 2


def test_an_import_of_an_earlier_version_is_known_by_the_names_of_its_files(history: Path) -> None:
    """Of it no more is stored."""
    shop = Shop()
    shop.imports.begin("of another reading", "a.csv, history.csv", NOW_MS)
    shop.imports.finish(1, {"rows": 18})
    with pytest.raises(InTheLogError, match="as number 1"):
        shop.imports_files(history)
    assert shop.imports_files(history, again=True).entry.number == 2


def test_an_unfinished_import_under_another_mapping_is_to_be_completed_or_given_up(history: Path) -> None:
    """Some of its records are in the log."""
    shop = Shop()
    shop.archive.stores_left = 1
    with pytest.raises(KilledError):
        shop.imports_files(history)
    shop.archive.stores_left = None
    with pytest.raises(InTheLogError, match="not finished.*imports void 1"):
        shop.imports_files(history, event_type="=ItemPurchased")


def test_a_void_import_is_no_obstacle_and_its_files_get_a_new_number(history: Path) -> None:
    """The log says which records are void, once; voiding again says nothing new."""
    shop = Shop()
    shop.imports_files(history)
    assert shop.void(1)
    assert not shop.void(1)
    (amendment,) = shop.amended()
    assert (amendment.kind, amendment.attributes) == (
        EventKind.HistoryVoided,
        {"first": f"history:{2**40 + 1}", "last": f"history:{2**41}"},
    )
    assert shop.imports_files(history).entry.number == 2
    assert [(entry.number, entry.void) for entry in shop.imports.entries()] == [(1, True), (2, False)]


def test_an_import_is_replaced(history: Path) -> None:
    """By another mapping: the old one is void, the new one has the next number, and the views follow once."""
    shop = Shop()
    shop.imports_files(history)
    done = shop.imports_files(history, replaces=1, event_type="=ItemPurchased")
    assert (done.entry.number, done.tally is not None and done.tally.events) == (2, 18)
    assert [(entry.number, entry.void) for entry in shop.imports.entries()] == [(1, True), (2, False)]
    assert len(shop.amended()) == 1
    assert shop.rebuilds == [3, len(shop.archive.objects)]


@pytest.mark.parametrize("killed_at", [0, 2])
def test_a_killed_replacement_is_completed_by_the_same_command(history: Path, killed_at: int) -> None:
    """The old import counts until the new one is whole in the log."""
    shop = Shop()
    shop.imports_files(history)
    shop.archive.stores_left = killed_at
    with pytest.raises(KilledError):
        shop.imports_files(history, replaces=1, event_type="=ItemPurchased")
    assert shop.amended() == []
    shop.archive.stores_left = None
    assert shop.imports_files(history, replaces=1, event_type="=ItemPurchased").entry.number == 2
    again = shop.imports_files(history, replaces=1, event_type="=ItemPurchased")
    assert (again.entry.number, again.tally) == (2, None)
    assert [entry.void for entry in shop.imports.entries()] == [True, False]


def test_a_killed_replacement_is_not_completed_beside_what_it_replaces(history: Path) -> None:
    """Without `replace` it would count beside the old import."""
    shop = Shop()
    shop.imports_files(history)
    shop.archive.stores_left = 1
    with pytest.raises(KilledError):
        shop.imports_files(history, replaces=1, event_type="=ItemPurchased")
    shop.archive.stores_left = None
    with pytest.raises(InTheLogError, match="as number 1"):
        shop.imports_files(history, event_type="=ItemPurchased")


def test_one_file_given_twice_is_not_counted_twice(history: Path, tmp_path: Path) -> None:
    """Under any name, unless it is asked for."""
    shop = Shop()
    copy = tmp_path / "copy.csv"
    copy.write_bytes(history.read_bytes())
    with pytest.raises(InTheLogError, match=r"copy\.csv has the same content as .*history\.csv: .*--again"):
        shop.imports_files(history, copy)
    done = shop.imports_files(history, copy, again=True)
    assert done.tally is not None
    assert done.tally.events == 36


def test_an_import_is_not_replaced_by_itself_nor_twice_nor_if_there_is_none(history: Path, tmp_path: Path) -> None:
    """Each error says what is there."""
    shop = Shop()
    other = table(tmp_path / "other.csv", visits(("ann", "a", NOON)))
    with pytest.raises(UnknownImportError, match="no imports"):
        shop.imports_files(history, replaces=1)
    shop.imports_files(history)
    with pytest.raises(NotReplacedError, match="nothing to replace"):
        shop.imports_files(history, replaces=1)
    shop.void(1)
    with pytest.raises(NotReplacedError, match="void already"):
        shop.imports_files(other, replaces=1)
    with pytest.raises(UnknownImportError, match="got 7; the log has 1"):
        shop.void(7)


def test_an_import_names_those_whose_order_is_not_that_of_the_times(tmp_path: Path) -> None:
    """The log has them by number: an older history that comes later, or one that overlaps."""
    shop = Shop()
    spans = {"march": (20, 29), "april": (30, 39), "january": (0, 9), "february": (9, 19)}
    files = [
        table(tmp_path / name, visits(*(("ann", name, NOON + DAY * day) for day in days)))
        for name, days in ((f"{name}.csv", span) for name, span in spans.items())
    ]
    overlaps = [[entry.number for entry in shop.imports_files(file).overlapping] for file in files]
    assert overlaps == [[], [], [1, 2], [1, 2]]
    shop.void(1)
    shop.void(2)
    later = table(tmp_path / "late.csv", visits(("ann", "late", NOON + DAY * 5)))
    assert [entry.number for entry in shop.imports_files(later).overlapping] == [3, 4]


def test_an_import_of_which_most_rows_are_rejected_fails(tmp_path: Path) -> None:
    """Before anything is stored, unless it is asked for; rows that the mapping leaves out do not count."""
    shop = Shop()
    rows = [{"user": "ann", "item": "a", "time": NOON, "what": kind} for kind in ("view", "View", "VIEW", "view")]
    file = table(tmp_path / "h.csv", [*rows, {**rows[0], "what": "look"}])
    with pytest.raises(TooManyRejectsError, match=r"3 rejected of 5 .*--max-rejects 3\); the first: h\.csv:3: what"):
        shop.imports_files(file, event_type="what")
    assert list(shop.imports.entries()) == []
    only = {"column": "what", "one_of": ["view"]}
    left_out = read_mapping(None, {**PLAIN, "event_type": "what"}, {"keep": [only]})
    tally = shop.imports_files(file, mapping=left_out).tally
    assert tally is not None
    assert (tally.events, tally.rejected, tally.left_out) == (2, 3, 3)
    assert shop.imports_files(file, event_type="what", max_rejects=3, again=True).entry.number == 2


@pytest.mark.parametrize("stored_last", [False, True])
@pytest.mark.parametrize("killed_at", [0, 1, 2])
def test_a_killed_import_that_is_run_again_equals_an_unkilled_one(
    history: Path, killed_at: int, stored_last: bool
) -> None:
    """Object by object, killed before or after each; under the number that it had."""
    unkilled, shop = Shop(), Shop()
    unkilled.imports_files(history)
    shop.archive.stores_left, shop.archive.stored_last = killed_at, stored_last
    with pytest.raises(KilledError):
        shop.imports_files(history)
    assert len(shop.archive.objects) == killed_at + stored_last
    shop.archive.stores_left = None
    shop.clock.time_ms += 3_600_000
    assert shop.imports_files(history).entry.number == 1
    assert shop.archive.objects == unkilled.archive.objects


def test_what_was_in_the_future_at_first_is_in_the_future_for_ever(tmp_path: Path) -> None:
    """A killed import goes by the clock of its first attempt: otherwise its records would get other numbers."""
    shop = Shop()
    ahead = NOW_MS / 1000 + 7_200
    file = table(tmp_path / "h.csv", visits(("ann", "a", NOON), ("bob", "b", ahead), ("cid", "c", NOON + DAY)))
    shop.archive.stores_left = 1
    with pytest.raises(KilledError):
        shop.imports_files(file)
    shop.archive.stores_left = None
    shop.clock.time_ms += 86_400_000
    assert shop.imports_files(file).tally is not None
    assert [record.subject for record in shop.records()] == [subject("ann"), subject("cid")]


def test_nothing_is_stored_where_more_rows_are_rejected_than_is_allowed(tmp_path: Path) -> None:
    """Nor is a number taken; the error names the row."""
    shop = Shop()
    file = table(tmp_path / "h.csv", visits(("ann", "a", NOON), ("", "b", NOON), ("cid", "", NOON)))
    with pytest.raises(TooManyRejectsError, match=r"at most 1 rejected rows, got one more: h\.csv:4: item"):
        shop.imports_files(file, max_rejects=1)
    assert (shop.archive.objects, list(shop.imports.entries())) == ({}, [])
    shop.imports_files(file, max_rejects=2)
    assert len(shop.records()) == 1


def test_an_import_without_a_single_event_is_an_error(tmp_path: Path) -> None:
    """It names the first row's reason; a file with a header alone has no rows."""
    shop = Shop()
    file = table(tmp_path / "h.csv", visits(("ann", "a", -1), ("bob", "b", -2)))
    with pytest.raises(TooManyRejectsError, match=r"2 rows .*; the first: h\.csv:2: time: expected"):
        shop.imports_files(file)
    (tmp_path / "empty.csv").write_text("user,item,time\n")
    with pytest.raises(TooManyRejectsError, match="0 rows"):
        shop.imports_files(tmp_path / "empty.csv")
    assert list(shop.imports.entries()) == []


def test_several_files_are_one_history(tmp_path: Path) -> None:
    """Sorted together; of rows with one time, those of the first file come first."""
    shop = Shop()
    one = table(tmp_path / "1.csv", visits(("ann", "late", NOON + 5), ("ann", "tie-1", NOON)))
    two = table(tmp_path / "2.csv", visits(("ann", "tie-2", NOON), ("ann", "early", NOON - 5)))
    entry = shop.imports_files(one, two).entry
    assert (entry.number, entry.what) == (1, "1.csv, 2.csv")
    assert [e.item_id for record in shop.records() for e in record.events] == ["early", "tie-1", "tie-2", "late"]


def test_a_later_file_that_is_broken_stops_the_import_before_anything_is_stored(tmp_path: Path, history: Path) -> None:
    """A file is whole or is not imported."""
    shop = Shop()
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(b"\x1f\x8b no gzip")
    with pytest.raises(BadFileError, match="broken.csv.gz"):
        shop.imports_files(history, broken)
    assert (shop.archive.objects, list(shop.imports.entries())) == ({}, [])
