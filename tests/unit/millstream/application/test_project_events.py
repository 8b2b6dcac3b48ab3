"""One batch of one shard, as the projector tells of it; the law for any batches is in tests/property."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from millstream.adapters.memory import MemoryDeadLetters, MemoryFeatureStore
from millstream.application.ports import LogRecord, UserWrite, UserWriteReport
from millstream.application.project.project_events import ATTEMPTS, Projected, ProjectEvents
from millstream.domain.attributes import joined
from millstream.domain.errors import ConflictError, UnavailableError
from millstream.domain.keys import item_key
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import Position
from millstream.domain.log.records import VERSION, encode
from millstream.domain.views import trend_row, user_row
from millstream.domain.views.user_state import UserState
from tests.builders import NOW_MS, POISON, SHARD, OneView, event, log, record, subject, views

VIEWS = log(record("ann", *views("a", "b")), record("bob", *views("c")), record("ann", *views("d")))


def state(store: MemoryFeatureStore, user: str) -> UserState:
    """The user's stored state."""
    return user_row.unpack(store.read_user(subject(user)).data)


def project(store: MemoryFeatureStore, batch: Sequence[LogRecord]) -> Projected:
    """What became of the batch."""
    return ProjectEvents(OneView(store), MemoryDeadLetters())(SHARD, batch)


def test_a_batch_becomes_one_row_a_user_and_one_trend_row() -> None:
    """Each at the position of the last record that changed it."""
    store = MemoryFeatureStore()
    assert project(store, VIEWS) == Projected(applied=4, duplicates=0, dead=0, rows=2)
    assert [one.item for one in state(store, "ann").recent()] == [item_key("d"), item_key("b"), item_key("a")]
    assert state(store, "bob").position == Position(SHARD, 2)
    assert trend_row.unpack(store.read_trend(SHARD).data).position == Position(SHARD, 3)


def test_a_batch_that_comes_again_writes_nothing() -> None:
    """No row gets a new version."""
    store = MemoryFeatureStore()
    project(store, VIEWS)
    before = dict(store.users), dict(store.trends)
    assert project(store, VIEWS) == Projected(0, 0, 0, 0)
    assert (store.users, store.trends) == before


def test_slates_and_items_in_the_log_change_no_view() -> None:
    """Not even the trend's position, so that no row is written for them."""
    store = MemoryFeatureStore()
    about_others = log(
        record("ann", event(None, EventKind.SlateServed)), record("ann", event("a", EventKind.ItemPublished))
    )
    assert project(store, about_others) == Projected(0, 0, 0, 0)
    assert not store.users
    assert not store.trends


def test_what_a_record_says_of_the_user_is_in_the_row() -> None:
    """The codes of its attributes."""
    store = MemoryFeatureStore()
    said = joined([3, 0, 0, 0, 0, 0, 0, 7])
    project(store, log(replace(record("ann", event("a")), attributes=said)))
    assert user_row.unpack(store.users[subject("ann")].data).attributes == said


def test_a_poison_record_goes_to_the_dead_letters_with_its_reason() -> None:
    """And its bytes; its neighbours go through."""
    store, letters = MemoryFeatureStore(), MemoryDeadLetters()
    batch = log(record("ann", *views("a")), POISON, b"", record("ann", *views("b", start_ms=1)))
    projected = ProjectEvents(OneView(store), letters)(SHARD, batch)
    assert (projected.applied, projected.dead, projected.failed_from) == (2, 2, None)
    assert [position.sequence_number for position in letters.by_position] == [2, 3]
    assert letters.by_position[Position(SHARD, 2)].reason.startswith("record")
    assert letters.by_position[Position(SHARD, 2)].data == POISON


def test_a_record_of_a_version_to_come_goes_to_the_dead_letters_whole() -> None:
    """Not dropped and not guessed at: its bytes wait for code that knows them; its neighbours go through."""
    store, letters = MemoryFeatureStore(), MemoryDeadLetters()
    known = encode(record("ann", *views("a")))
    unknown = known[:1] + bytes([VERSION + 1]) + known[2:]
    projected = ProjectEvents(OneView(store), letters)(
        SHARD, log(known, unknown, record("ann", *views("b", start_ms=NOW_MS + 1)), record("bob", *views("c")))
    )
    assert (projected.applied, projected.dead, projected.failed_from) == (3, 1, None)
    ((position, letter),) = letters.by_position.items()
    assert (position, letter.data) == (Position(SHARD, 2), unknown)
    assert letter.reason == f"record.version: expected a schema version from 1 to {VERSION}, got {VERSION + 1}"


def test_a_record_of_an_earlier_version_is_folded_like_any_other() -> None:
    """A log whose writers were updated half way gives the same rows as one that was written anew."""
    old, new = MemoryFeatureStore(), MemoryFeatureStore()
    bought = encode(record("ann", event("a", EventKind.ItemPurchased)))
    for store, version in ((old, 1), (new, 2)):
        project(store, log(bought[:1] + bytes([version]) + bought[2:], record("ann", *views("b"))))
    assert (old.users, old.trends) == (new.users, new.trends)


class UnavailableLetters(MemoryDeadLetters):
    """A queue that takes nothing."""

    def send(self, letter: object, budget: object = None) -> None:
        """See DeadLetters."""
        raise UnavailableError(f"no room for {letter}")


def test_a_poison_record_that_cannot_be_kept_stops_the_batch() -> None:
    """Nothing is lost in silence: no row may pass a record of which nobody knows."""
    store = MemoryFeatureStore()
    with pytest.raises(UnavailableError):
        ProjectEvents(OneView(store), UnavailableLetters())(SHARD, log(POISON, record("ann", *views("a"))))
    assert not store.users


class RefusingStore(MemoryFeatureStore):
    """A store that has no capacity for these users."""

    def __init__(self, *refused: str) -> None:
        super().__init__()
        self.refused = frozenset(map(subject, refused))

    def write_users(self, writes: Sequence[UserWrite]) -> UserWriteReport:
        """See FeatureStore."""
        report = super().write_users([write for write in writes if write.user not in self.refused])
        return UserWriteReport(report.stale, self.refused & {write.user for write in writes})


def test_a_batch_is_asked_for_again_from_the_first_record_that_was_not_stored() -> None:
    """The first record of the first user whose row could not be written."""
    store = RefusingStore("bob", "cem")
    batch = log(*(record(user, *views(user)) for user in ("ann", "bob", "cem")), record("bob", *views("c")))
    assert project(store, batch) == Projected(applied=1, duplicates=0, dead=0, rows=1, failed_from=Position(SHARD, 2))
    store.refused = frozenset()
    assert project(store, batch[1:]).failed_from is None
    assert (state(store, "bob").applied, state(store, "cem").applied) == (2, 1)


class OvertakingStore(MemoryFeatureStore):
    """A store in which another projector folds the same batch just before the first write of users."""

    overtaken = False

    def write_users(self, writes: Sequence[UserWrite]) -> UserWriteReport:
        """See FeatureStore."""
        if not self.overtaken:
            self.overtaken = True
            project(self, VIEWS[:1])
        return super().write_users(writes)


def test_a_stale_row_is_folded_again_in_the_same_call() -> None:
    """From what the other projector left; nothing has to be delivered again, and nothing counts twice."""
    store = OvertakingStore()
    projected = project(store, VIEWS)
    assert (projected.applied, projected.failed_from) == (2, None)
    assert (state(store, "ann").applied, state(store, "bob").applied) == (3, 1)


class ContestedStore(MemoryFeatureStore):
    """A store in which somebody else is first, so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def write_trend(self, shard: str, expected_version: int, data: bytes) -> None:
        """See FeatureStore."""
        if self.times:
            self.times -= 1
            raise ConflictError("somebody else was first")
        super().write_trend(shard, expected_version, data)


def test_a_lost_race_is_run_again_from_fresh_state() -> None:
    """A few times."""
    store = ContestedStore(ATTEMPTS - 1)
    assert project(store, VIEWS).applied == 4


def test_a_race_that_is_lost_every_time_is_left_to_lambda() -> None:
    """Which delivers the batch again."""
    store = ContestedStore(ATTEMPTS)
    with pytest.raises(UnavailableError, match=SHARD):
        project(store, VIEWS)
    assert not store.users


def test_the_trend_is_written_before_the_users() -> None:
    """After a crash in between, the same events are still new to the users, and known to the trend."""

    class Diary(MemoryFeatureStore):
        def __init__(self) -> None:
            super().__init__()
            self.written: list[str] = []

        def write_trend(self, shard: str, expected_version: int, data: bytes) -> None:
            self.written.append("trend")
            super().write_trend(shard, expected_version, data)

        def write_users(self, writes: Sequence[UserWrite]) -> UserWriteReport:
            self.written.append("users")
            return super().write_users(writes)

    store = Diary()
    project(store, VIEWS)
    assert store.written == ["trend", "users"]
