"""Training sets on disk: which rows, under which name, and the same bytes when they are made again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from millstream.adapters.memory import MemoryArchive
from millstream.application.ports import LogRecord
from millstream.domain.errors import InvalidRecordError, NotFoundError
from millstream.domain.keys import item_key
from millstream.domain.log.events import EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import HISTORY_SHARD, Position, shard_name
from millstream.domain.log.records import encode
from millstream_tools.ops.training_sets import building
from millstream_tools.ops.training_sets.building import TrainingSet, build
from millstream_tools.ops.training_sets.examples import Reading
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


def made(archive: MemoryArchive, folder: Path, until: int | Position = NOW_MS + 99 * MINUTE_MS) -> TrainingSet:
    return build(archive, until, folder, lambda stored_bytes: None)


def rows(training_set: TrainingSet) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pyarrow.parquet.read_table(training_set.folder / "examples.parquet").to_pylist()
    return found


def told(training_set: TrainingSet) -> list[tuple[str, int]]:
    """Which events, as item and minute."""
    return [(row["item_id"], (row["occurred_at_ms"] - NOW_MS) // MINUTE_MS) for row in rows(training_set)]


LOG = log(
    visit("ann", "lamp", 0, sessionId="s1"),
    visit("bob", "vase", 1),
    visit("ann", "desk", 2, EventKind.ItemPurchased, sessionId="s1", quantity=1, value=9.5),
    visit("ann", "desk", 2, EventKind.ItemPurchased, sessionId="s1", quantity=1, value=9.5),
    visit("ann", "rug", 40, sessionId="s2"),
)


def test_a_row_says_what_was_known_before_its_event(tmp_path: Path) -> None:
    """The whole row, of the last event: two items before it, in a session that is over; a duplicate left no trace."""
    last = rows(made(archive_of(LOG), tmp_path))[-1]
    lamp, desk, rug = map(item_key, ("lamp", "desk", "rug"))
    assert last == {
        "subject": subject("ann").hex(),
        "position": f"{SHARD}:5",
        "place": 0,
        "event_id": "ann-40",
        "event_type": "ItemViewed",
        "item_id": "rug",
        "item_key": rug,
        "occurred_at_ms": NOW_MS + 40 * MINUTE_MS,
        "recorded_at_ms": NOW_MS + 40 * MINUTE_MS,
        "value": None,
        "session": "s2",
        "events_so_far": 2,
        "seconds_since_previous": 38 * 60,
        "tail": [desk, lamp],
        "session_items": [desk, lamp],
        "purchased_items": [desk],
        "transitions_from": [desk, lamp],
        "transition_weights": [1.0, 0.7],
    }


def test_a_user_of_whom_nothing_is_known_has_a_row_too(tmp_path: Path) -> None:
    """Empty lists, and no pause."""
    first = rows(made(archive_of(LOG), tmp_path))[0]
    assert (first["events_so_far"], first["seconds_since_previous"], first["tail"]) == (0, None, [])


def test_rows_are_the_events_that_counted_in_the_order_of_the_log(tmp_path: Path) -> None:
    """The history first; no duplicates, no slates, no reports, nothing that nobody can read."""
    slate = record("ann", event(None, EventKind.SlateServed, event_id="slate"), recorded_at_ms=NOW_MS)
    report = record("ann", event("lamp", EventKind.SatisfactionReported, event_id="like"), recorded_at_ms=NOW_MS)
    stream = log(visit("ann", "lamp", 3), POISON, slate, report, visit("ann", "lamp", 3), visit("ann", "desk", 4))
    history = log(visit("bob", "vase", 0), visit("bob", "rug", 1), shard=HISTORY_SHARD)
    later = log(visit("cem", "sofa", 2), shard=shard_name(11))
    training_set = made(archive_of(later, stream, history), tmp_path)
    assert told(training_set) == [("vase", 0), ("rug", 1), ("lamp", 3), ("desk", 4), ("sofa", 2)]
    assert training_set.manifest["log"] == {HISTORY_SHARD: "2", SHARD: "6", shard_name(11): "1"}
    assert training_set.manifest["records"] == 9
    assert list(training_set.manifest["unreadable"]) == [f"{SHARD}:2"]


def test_a_record_whose_words_are_lost_counts_and_has_no_row(tmp_path: Path) -> None:
    """As in the views: the fold needs no words. The set says that there was something."""
    wordless = encode(visit("ann", "lamp", 0)).replace(b'"ann-0"', b'"\\ud800"')
    training_set = made(archive_of(log(wordless, visit("ann", "desk", 1))), tmp_path)
    assert [(row["item_id"], row["tail"]) for row in rows(training_set)] == [("desk", [item_key("lamp")])]
    assert list(training_set.manifest["unreadable"]) == [f"{SHARD}:1"]


def test_a_time_cuts_each_shard_where_it_is_reached(tmp_path: Path) -> None:
    """Up to the first record that is later, even if another one behind it is not."""
    first = log(visit("ann", "lamp", 0), visit("ann", "desk", 5), visit("ann", "rug", 2))
    second = log(visit("bob", "vase", 3), shard=shard_name(1))
    training_set = made(archive_of(first, second), tmp_path, NOW_MS + 4 * MINUTE_MS)
    assert told(training_set) == [("lamp", 0), ("vase", 3)]
    assert training_set.manifest["log"] == {SHARD: "1", shard_name(1): "1"}


def test_a_position_cuts_its_shard_there_and_the_others_at_its_time(tmp_path: Path) -> None:
    """The position itself is in."""
    first = log(visit("ann", "lamp", 0), visit("ann", "desk", 2), visit("ann", "rug", 2))
    second = log(visit("bob", "vase", 1), visit("bob", "rug", 3), shard=shard_name(1))
    training_set = made(archive_of(first, second), tmp_path, Position(SHARD, 2))
    assert told(training_set) == [("lamp", 0), ("desk", 2), ("vase", 1)]


@pytest.mark.parametrize("until", [Position(SHARD, 9), Position(shard_name(4), 1), Position(SHARD, 0)])
def test_a_position_that_is_not_archived_is_refused(tmp_path: Path, until: Position) -> None:
    """Beyond the archive, in no shard of it, or in a gap."""
    with pytest.raises(NotFoundError, match=f"no record at {until}"):
        made(archive_of(LOG), tmp_path, until)


def test_a_position_without_a_time_is_refused(tmp_path: Path) -> None:
    """Nobody can read the record, so nobody knows where to cut the other shards."""
    with pytest.raises(InvalidRecordError):
        made(archive_of(log(visit("ann", "lamp", 0), POISON)), tmp_path, Position(SHARD, 2))


def test_a_set_that_is_made_again_has_the_same_name_and_bytes(tmp_path: Path) -> None:
    """Elsewhere, from other objects, by another way to name the same moment."""
    sets = [
        made(archive_of(LOG), tmp_path / "a"),
        made(archive_of(LOG, LOG[1:4], objects_of=2), tmp_path / "b"),
        made(archive_of(LOG), tmp_path / "c", Position(SHARD, 5)),
    ]
    for name in ("examples.parquet", "manifest.json"):
        assert len({(one.folder / name).read_bytes() for one in sets}) == 1
    assert len({one.folder.name for one in sets}) == 1
    assert json.loads((sets[0].folder / "manifest.json").read_text())["id"] == sets[0].folder.name


def test_a_set_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    """And the answer is the same."""
    first = made(archive_of(LOG), tmp_path)
    before = (first.folder / "examples.parquet").stat()
    again = made(archive_of(LOG), tmp_path)
    assert (first.fresh, again.fresh) == (True, False)
    assert again.manifest == first.manifest
    assert (first.folder / "examples.parquet").stat() == before


def test_the_name_depends_on_the_range_the_code_and_the_features(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else: a longer archive behind the same cut gives the same set."""
    names = [made(archive_of(LOG), tmp_path, Position(SHARD, 3)).folder.name]
    longer = [*LOG, *log(visit("eve", "lamp", 50), first=6)]
    assert made(archive_of(longer), tmp_path, Position(SHARD, 3)).folder.name == names[0]
    names.append(made(archive_of(LOG), tmp_path, Position(SHARD, 4)).folder.name)
    for attribute, value in (("fold_code", lambda: "other code"), ("FEATURE_SET", 0)):
        with monkeypatch.context() as patch:
            patch.setattr(building, attribute, value)
            names.append(made(archive_of(LOG), tmp_path, Position(SHARD, 3)).folder.name)
    assert len(set(names)) == 4


def test_what_a_user_did_before_being_erased_is_in_no_set(tmp_path: Path) -> None:
    """Also where the erasure lies behind the cut; the others' rows stay as they are, and the set has another name."""
    before = made(archive_of(LOG), tmp_path)
    erased = made(archive_of([*LOG, *log(erasure("ann", 100), visit("ann", "sofa", 101), first=6)]), tmp_path)
    assert erased.folder != before.folder
    assert rows(erased) == [row for row in rows(before) if row["subject"] != subject("ann").hex()]
    assert erased.manifest["log"] == before.manifest["log"]
    assert erased.manifest["withdrawn"] == {"users": 1, "records": 0}


def test_a_user_who_comes_back_begins_anew(tmp_path: Path) -> None:
    """Within the range the erasure is an event of the log like others: the name says nothing of it."""
    records = log(visit("ann", "lamp", 0), erasure("ann", 1), visit("ann", "desk", 2))
    training_set = made(archive_of(records), tmp_path)
    assert [(row["item_id"], row["events_so_far"], row["tail"]) for row in rows(training_set)] == [("desk", 0, [])]
    assert training_set.manifest["withdrawn"] == {"users": 0, "records": 0}


def test_an_erasure_of_somebody_who_is_not_in_the_range_changes_nothing(tmp_path: Path) -> None:
    """Not even the name."""
    first = made(archive_of(LOG), tmp_path)
    longer = [*LOG, *log(visit("eve", "lamp", 100), erasure("eve", 101), first=6)]
    assert made(archive_of(longer), tmp_path).folder == first.folder


def test_a_voided_record_is_left_out(tmp_path: Path) -> None:
    """It was redriven: what it says is in the log again, behind the voiding."""
    archive = archive_of([*LOG[:2], *log(voiding(f"{SHARD}:2", 3), visit("bob", "vase", 4), first=3)])
    assert told(made(archive, tmp_path)) == [("lamp", 0), ("vase", 4)]
    assert made(archive, tmp_path, Position(SHARD, 2)).manifest["withdrawn"] == {"users": 0, "records": 1}


def test_a_build_that_was_killed_leaves_no_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor litter; the next one makes it."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(building, "write_parquet", killed)
        with pytest.raises(KeyboardInterrupt):
            made(archive_of(LOG), tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert made(archive_of(LOG), tmp_path).fresh


def test_an_empty_archive_gives_an_empty_set(tmp_path: Path) -> None:
    """With a schema, so that a training can say what is missing."""
    training_set = made(MemoryArchive(), tmp_path)
    assert rows(training_set) == []
    assert training_set.manifest["log"] == {}


def test_memory_grows_with_users_and_not_with_their_events() -> None:
    """A user with a thousand events is kept as a row keeps them: the latest."""
    records = log(*(visit("ann", f"item-{number % 300}", number) for number in range(1000)))
    reading = Reading()
    for _ in reading.examples(records):
        state = reading.users[subject("ann")]
        assert len(state.events) + len(state.tags) < 2000
    assert state.applied == 1000
