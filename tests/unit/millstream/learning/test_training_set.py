"""Training sets: which rows, under which name, and the same bytes when they are made again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from millstream.adapters.memory import MemoryArchive
from millstream.application.collect.import_history import range_of
from millstream.application.learn.as_of import as_of
from millstream.application.learn.whole_log import WholeLog
from millstream.application.ports import LogRecord
from millstream.domain.attributes import joined
from millstream.domain.errors import InvalidInputError, InvalidRecordError, NotFoundError
from millstream.domain.log.events import EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import HISTORY_SHARD, Position, shard_name
from millstream.domain.log.records import encode
from millstream.learning.from_log import read_history
from millstream.learning.training_set import MANIFEST, TrainingSet, load, store, training_set_of
from tests.builders import NOW_MS, POISON, SHARD, event, log, record, subject

MINUTE_MS = 60_000
DAY = "2026-11-22"


def visit(user: str, item: str, minute: int, kind: EventKind = EventKind.ItemViewed, **attributes: Any) -> EventRecord:
    """One event, recorded in the moment in which it happens, with an id of its own."""
    at_ms = NOW_MS + minute * MINUTE_MS
    happened = event(item, kind, at_ms=at_ms, event_id=f"{user}-{minute}", **attributes)
    return record(user, happened, recorded_at_ms=at_ms)


def erasure(user: str, minute: int) -> EventRecord:
    at_ms = NOW_MS + minute * MINUTE_MS
    erased = event(None, EventKind.UserErased, at_ms=at_ms, event_id=f"erase-{user}-{minute}")
    return record(user, erased, recorded_at_ms=at_ms)


def voiding(position: str, minute: int) -> EventRecord:
    at_ms = NOW_MS + minute * MINUTE_MS
    voided = event(
        None, EventKind.RecordVoided, at_ms=at_ms, event_id=f"void-{position}", position=position, why="redriven"
    )
    return EventRecord(bytes(16), at_ms, (voided,))


def archive_of(*logs: Sequence[LogRecord], objects_of: int = 3) -> MemoryArchive:
    archive = MemoryArchive()
    for records in logs:
        for start in range(0, len(records), objects_of):
            archive.store(records[start : start + objects_of], DAY)
    return archive


def made(archive: MemoryArchive, until: int | Position | None = None, code: str = "this code") -> TrainingSet:
    return training_set_of(read_history(as_of(WholeLog(archive), until).records()), code)


def rows(training_set: TrainingSet) -> list[tuple[str, str, int]]:
    """User, item and minute of each row."""
    data = training_set.data
    return [
        (data.users[user], data.items[item], round((at * 1000 - NOW_MS) / MINUTE_MS))
        for user, item, at in zip(data.user, data.item, data.at, strict=True)
    ]


def told(training_set: TrainingSet) -> list[tuple[str, int]]:
    """Which events, as item and minute."""
    return [(item, minute) for _, item, minute in rows(training_set)]


LOG = log(
    visit("ann", "lamp", 0, sessionId="s1"),
    visit("bob", "vase", 1),
    visit("ann", "desk", 2, EventKind.ItemPurchased, sessionId="s1", quantity=1, value=9.5),
    visit("ann", "desk", 2, EventKind.ItemPurchased, sessionId="s1", quantity=1, value=9.5),
    visit("ann", "rug", 40, sessionId="s2"),
)


def test_a_row_is_an_event_that_counted() -> None:
    """With its user, kind, value and session; a duplicate is no row."""
    made_of = made(archive_of(LOG))
    data = made_of.data
    ann, bob = subject("ann").hex(), subject("bob").hex()
    assert rows(made_of) == [(ann, "lamp", 0), (bob, "vase", 1), (ann, "desk", 2), (ann, "rug", 40)]
    kinds = [EventKind.ItemViewed, EventKind.ItemViewed, EventKind.ItemPurchased, EventKind.ItemViewed]
    assert data.kind.tolist() == kinds
    assert np.array_equal(data.value, [np.nan, np.nan, 9.5, np.nan], equal_nan=True)
    assert data.session.tolist() == [0, -1, 0, 1]


def test_what_is_no_behaviour_is_no_row() -> None:
    """No slates, no reports, nothing that nobody can read; it is counted."""
    slate = record("ann", event(None, EventKind.SlateServed, event_id="slate"), recorded_at_ms=NOW_MS)
    report = record("ann", event("lamp", EventKind.SatisfactionReported, event_id="like"), recorded_at_ms=NOW_MS)
    found = made(archive_of(log(visit("ann", "lamp", 3), POISON, slate, report, visit("ann", "desk", 4))))
    assert told(found) == [("lamp", 3), ("desk", 4)]
    assert found.log is not None
    assert (found.log.records, found.log.unreadable, found.log.events, found.log.users) == (5, 1, 2, 1)


def test_rows_are_in_order_of_when_they_were_recorded_then_of_position() -> None:
    """Over all shards; the history first, where it is older."""
    stream = log(visit("ann", "lamp", 3), visit("ann", "desk", 5))
    history = log(visit("bob", "vase", 0), visit("bob", "rug", 1), shard=HISTORY_SHARD)
    later = log(visit("cem", "sofa", 4), visit("cem", "bed", 5), shard=shard_name(11))
    assert told(made(archive_of(later, stream, history))) == [
        ("vase", 0), ("rug", 1), ("lamp", 3), ("sofa", 4), ("desk", 5), ("bed", 5)
    ]  # fmt: skip


def test_a_users_rows_keep_the_order_of_the_log() -> None:
    """Also where the clock of one of our processes was behind; nobody's time runs backwards."""
    first = log(visit("ann", "lamp", 9), visit("ann", "desk", 2), visit("ann", "rug", 10))
    found = made(archive_of(first, log(visit("bob", "vase", 5), shard=shard_name(1))))
    assert told(found) == [("vase", 5), ("lamp", 9), ("desk", 9), ("rug", 10)]


def test_a_record_whose_words_are_lost_is_counted_and_has_no_row() -> None:
    """The fold needs no words, so it counts in the views."""
    wordless = encode(visit("ann", "lamp", 0)).replace(b'"lamp"', b'"\\ud800"')
    found = made(archive_of(log(wordless, visit("ann", "desk", 1))))
    assert told(found) == [("desk", 1)]
    assert found.log is not None
    assert found.log.unreadable == 1


def test_a_time_cuts_each_shard_where_it_is_reached() -> None:
    """Up to the first record that is later, even if another one behind it is not."""
    first = log(visit("ann", "lamp", 0), visit("ann", "desk", 5), visit("ann", "rug", 2))
    second = log(visit("bob", "vase", 3), shard=shard_name(1))
    found = made(archive_of(first, second), NOW_MS + 4 * MINUTE_MS)
    assert told(found) == [("lamp", 0), ("vase", 3)]
    assert found.log is not None
    assert [str(last) for _, last in found.log.shards] == [f"{SHARD}:1", f"{shard_name(1)}:1"]


def test_a_position_cuts_its_shard_there_and_the_others_at_its_time() -> None:
    """The position itself is in."""
    first = log(visit("ann", "lamp", 0), visit("ann", "desk", 2), visit("ann", "rug", 2))
    second = log(visit("bob", "vase", 1), visit("bob", "rug", 3), shard=shard_name(1))
    found = made(archive_of(first, second), Position(SHARD, 2))
    assert told(found) == [("lamp", 0), ("vase", 1), ("desk", 2)]


@pytest.mark.parametrize("until", [Position(SHARD, 9), Position(shard_name(4), 1), Position(SHARD, 0)])
def test_a_position_that_the_log_does_not_hold_is_refused(until: Position) -> None:
    """Beyond the log, in no shard of it, or in a gap."""
    with pytest.raises(NotFoundError, match=f"no record at {until}"):
        made(archive_of(LOG), until)


def test_a_position_without_a_time_is_refused() -> None:
    """Nobody can read the record, so nobody knows where to cut the other shards."""
    with pytest.raises(InvalidRecordError):
        made(archive_of(log(visit("ann", "lamp", 0), POISON)), Position(SHARD, 2))


def test_a_set_that_is_made_again_has_the_same_name_and_bytes(tmp_path: Path) -> None:
    """Elsewhere, from other objects, by another way to name the same moment."""
    sets = [
        store(made(archive_of(LOG)), tmp_path / "a"),
        store(made(archive_of(LOG, LOG[1:4], objects_of=2)), tmp_path / "b"),
        store(made(archive_of(LOG), Position(SHARD, 5)), tmp_path / "c"),
    ]
    assert len({folder.name for folder in sets}) == 1
    contents = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in sets]
    assert contents[0] == contents[1] == contents[2]
    assert len(contents[0]) == 10


def test_a_stored_set_is_read_as_it_was(tmp_path: Path) -> None:
    """Rows, labels and the range of the log."""
    first = made(archive_of(LOG))
    again = load(store(first, tmp_path))
    assert (again.id, again.log, rows(again)) == (first.id, first.log, rows(first))
    assert again.data.kind.tolist() == first.data.kind.tolist()


@pytest.mark.parametrize("name", ["user.npy", "items.json"])
def test_a_stored_set_that_was_changed_is_refused(tmp_path: Path, name: str) -> None:
    """A file that is missing, or has another byte."""
    folder = store(made(archive_of(LOG)), tmp_path)
    content = bytearray((folder / name).read_bytes())
    content[-2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(InvalidInputError, match=name):
        load(folder)
    (folder / name).unlink()
    with pytest.raises(InvalidInputError, match=name):
        load(folder)


@pytest.mark.parametrize("manifest", ["", "[]", '{"format": 99}'])
def test_a_folder_that_is_no_set_of_this_format_is_refused(tmp_path: Path, manifest: str) -> None:
    """By the name of the file."""
    (tmp_path / MANIFEST).write_text(manifest)
    with pytest.raises(InvalidInputError, match=MANIFEST):
        load(tmp_path)


def test_a_set_that_was_changed_is_written_again(tmp_path: Path) -> None:
    """The same log gives the same bytes, also over broken ones."""
    training_set = made(archive_of(LOG))
    folder = store(training_set, tmp_path)
    before = (folder / "at.npy").read_bytes()
    (folder / "at.npy").write_bytes(before[:-1])
    assert store(training_set, tmp_path) == folder
    assert (folder / "at.npy").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_a_set_that_is_there_is_not_written_again(tmp_path: Path) -> None:
    """And nothing else is left in the folder of all sets."""
    folder = store(made(archive_of(LOG)), tmp_path)
    before = (folder / "user.npy").stat()
    assert store(made(archive_of(LOG)), tmp_path) == folder
    assert (folder / "user.npy").stat() == before
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_the_name_depends_on_the_range_and_the_code() -> None:
    """Nothing else: a longer log behind the same cut gives the same set."""
    names = [made(archive_of(LOG), Position(SHARD, 3)).id]
    longer = [*LOG, *log(visit("eve", "lamp", 50), first=6)]
    assert made(archive_of(longer), Position(SHARD, 3)).id == names[0]
    names.append(made(archive_of(LOG), Position(SHARD, 4)).id)
    names.append(made(archive_of(LOG), Position(SHARD, 3), "other code").id)
    assert len(set(names)) == 3


def test_what_a_user_did_before_being_erased_is_in_no_set() -> None:
    """Also where the erasure lies behind the cut; the others' rows stay as they are, and the set has another name."""
    until = NOW_MS + 99 * MINUTE_MS
    before = made(archive_of(LOG), until)
    erased = made(archive_of([*LOG, *log(erasure("ann", 100), visit("ann", "sofa", 101), first=6)]), until)
    assert erased.id != before.id
    assert rows(erased) == [row for row in rows(before) if row[0] != subject("ann").hex()]


def test_a_user_who_comes_back_begins_anew() -> None:
    """Within the range the erasure is an event of the log like others."""
    found = made(archive_of(log(visit("ann", "lamp", 0), erasure("ann", 1), visit("ann", "desk", 2))))
    assert told(found) == [("desk", 2)]


def test_an_erasure_of_somebody_who_is_not_in_the_range_changes_nothing() -> None:
    """Not even the name."""
    until = NOW_MS + 99 * MINUTE_MS
    longer = [*LOG, *log(visit("eve", "lamp", 100), erasure("eve", 101), first=6)]
    assert made(archive_of(longer), until).id == made(archive_of(LOG), until).id


def test_a_voided_record_is_left_out() -> None:
    """It was redriven: what it says is in the log again, behind the voiding."""
    archive = archive_of([*LOG[:2], *log(voiding(f"{SHARD}:2", 3), visit("bob", "vase", 4), first=3)])
    assert told(made(archive)) == [("lamp", 0), ("vase", 4)]


def test_a_void_import_is_left_out_and_its_voiding_is_in_the_name() -> None:
    """Also from a set whose range ends before the voiding, and however often it was voided."""
    history = archive_of(imported(visit("ann", "sofa", -5), number=1), imported(visit("bob", "bed", -4), number=2), LOG)
    void = void_event(1, 9)
    archive = archive_of(
        imported(visit("ann", "sofa", -5), number=1), imported(visit("bob", "bed", -4), number=2), [*LOG, *void]
    )
    before, after = made(history), made(archive)
    assert ("sofa" in before.data.items, "sofa" in after.data.items, "bed" in after.data.items) == (True, False, True)
    until = NOW_MS + MINUTE_MS * 8
    assert (made(history, until).log or after.log) != made(archive, until).log
    assert made(history, until).id != made(archive, until).id
    assert "sofa" not in made(archive, until).data.items


def imported(*visits: EventRecord, number: int) -> list[LogRecord]:
    """History under the number of an import."""
    first, _ = range_of(number)
    return [
        LogRecord(Position(HISTORY_SHARD, first.sequence_number + place), one.subject.hex(), encode(one))
        for place, one in enumerate(visits)
    ]


def void_event(number: int, minute: int) -> list[LogRecord]:
    """The end of LOG: an import is void."""
    first, last = range_of(number)
    said = {"first": str(first), "last": str(last)}
    at_ms = NOW_MS + minute * MINUTE_MS
    happened = event(None, EventKind.HistoryVoided, at_ms=at_ms, event_id="void", **said)
    return log(EventRecord(bytes(16), at_ms, (happened,)), first=len(LOG) + 1)


def test_a_write_that_fails_leaves_no_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor litter; the next one makes it."""

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            store(made(archive_of(LOG)), tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert store(made(archive_of(LOG)), tmp_path).is_dir()


def test_two_who_write_the_same_set_at_once_write_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes second finds it there."""
    first, save = made(archive_of(LOG)), np.save

    def meanwhile(*arguments: Any, **named: Any) -> None:
        monkeypatch.setattr(np, "save", save)
        store(first, tmp_path)
        save(*arguments, **named)

    monkeypatch.setattr(np, "save", meanwhile)
    folder = store(first, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert rows(load(folder)) == rows(first)


def test_an_empty_archive_gives_an_empty_set(tmp_path: Path) -> None:
    """A stack of which nobody has used anything yet."""
    found = load(store(made(MemoryArchive()), tmp_path))
    assert (len(found.data), found.data.items) == (0, ())


def test_what_was_known_of_users_is_a_column(tmp_path: Path) -> None:
    """As the row had it after each event; a set of format 1 is read without."""
    said = [
        replace(visit("ann", item, at), attributes=joined([code, *[0] * 7]))
        for at, (item, code) in enumerate((("a", 2), ("b", 0), ("c", 3)))
    ]
    folder = store(made(archive_of(log(*said))), tmp_path)
    assert load(folder).data.attributes[:, 0].tolist() == [2, 2, 3]
    manifest = json.loads((folder / MANIFEST).read_text())
    del manifest["files"]["attributes.npy"]
    (folder / "attributes.npy").unlink()
    (folder / MANIFEST).write_text(json.dumps(manifest | {"format": 1}))
    assert load(folder).data.attributes.tolist() == [[0] * 8] * 3
