"""A training set is a replay: what the projector folds, up to a moment and nothing behind it."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from millstream.adapters.memory import MemoryArchive
from millstream.application.learn.as_of import as_of
from millstream.application.learn.whole_log import WholeLog
from millstream.application.ports import LogRecord
from millstream.domain.attributes import joined
from millstream.domain.errors import InvalidRecordError
from millstream.domain.keys import Pseudonym
from millstream.domain.log.kinds import BEHAVIOUR, EventKind
from millstream.domain.log.positions import Position, shard_name, shard_number
from millstream.domain.log.records import FoldableRecord, decode, decode_cores
from millstream.domain.views.user_state import UserState
from millstream.learning.from_log import LogHistory, read_history
from tests.strategies import logs

LATER_SHARD = shard_name(7)
Row = tuple[str, str, int, float, bytes]


def archived(*parts: Sequence[LogRecord]) -> WholeLog:
    archive = MemoryArchive()
    for part in parts:
        if part:
            archive.store(part, "2026-11-22")
    return WholeLog(archive)


def rows(history: LogHistory) -> list[Row]:
    """User, item, kind and time of each row, and what was known of the user."""
    data = history.interactions
    columns = data.user.tolist(), data.item, data.kind.tolist(), data.at, data.attributes.tolist()
    return [
        (data.users[user], data.items[item], kind, at, joined(codes))
        for user, item, kind, at, codes in zip(*columns, strict=True)
    ]


def as_they_are(log: WholeLog, until: Position | None = None) -> list[Row]:
    return rows(read_history(as_of(log, until).records()))


@given(logs(), logs(), st.data())
def test_nothing_behind_the_moment_is_seen(log: list[LogRecord], other: list[LogRecord], data: st.DataObject) -> None:
    """Remove every later record, or put others in their place or into another shard: the rows stay as they are."""
    readable = [place for place, record in enumerate(log) if _decoded(record)]
    if not readable:
        return
    cut = data.draw(st.sampled_from(readable))
    until = log[cut].position
    shard = until.shard if cut + 1 < len(log) else LATER_SHARD
    behind = [
        one._replace(position=Position(shard, until.sequence_number + one.position.sequence_number))
        for one in other
        if shard == until.shard
    ]
    expected = as_they_are(archived(log[: cut + 1]), until)
    assert as_they_are(archived(log), until) == expected
    assert as_they_are(archived([*log[: cut + 1], *behind]), until) == expected


@given(logs())
def test_rows_are_what_the_projector_would_fold(log: list[LogRecord]) -> None:
    """Event by event, also where records come twice, with the attributes of the row; without words there is no row."""
    users: dict[Pseudonym, UserState] = {}
    expected = []
    for record in log:
        decoded = _decoded(record)
        if decoded is None:
            continue
        state = users.setdefault(decoded.subject, UserState())
        place = shard_number(record.position.shard), record.position.sequence_number
        fresh = [
            core
            for core in state.fold(*place, decoded.cores, None, decoded.attributes)
            if EventKind(core[4]) in BEHAVIOUR
        ]
        try:
            items = {event.item_key: event.item_id for event in decode(record.data).events}
        except InvalidRecordError:
            continue
        user, known = decoded.subject.hex(), state.attributes
        expected += [(user, items[core[0]], core[4], known) for core in fresh if items[core[0]] is not None]
    found = [(*row[:3], row[4]) for row in rows(read_history([*log, *log[-3:]]))]
    assert sorted(found) == sorted(expected)


@given(logs())
def test_the_order_of_the_rows_does_not_depend_on_the_objects_of_the_archive(log: list[LogRecord]) -> None:
    """However the archive was cut, the same rows in the same order."""
    cuts = [log[start : start + 2] for start in range(0, len(log), 2)]
    assert as_they_are(archived(*cuts)) == as_they_are(archived(log))


def _decoded(record: LogRecord) -> FoldableRecord | None:
    try:
        return decode_cores(record.data)
    except InvalidRecordError:
        return None
