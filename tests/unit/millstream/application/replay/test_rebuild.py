"""`millstream rebuild` gives the same bytes beside the serving rows, and takes over without losing an event.

Long, because what may stop or overtake a rebuild is told beside what it promises: apart, neither says what holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from millstream.adapters.memory import MemoryFeatureStore, MemoryViews, MemoryWorkspace
from millstream.adapters.memory.log import MemoryEventLog
from millstream.application.ports import LogRecord, UserWrite, UserWriteReport, VersionedRow, ViewVersion
from millstream.application.project.project_events import ProjectEvents
from millstream.application.replay.plan import LONGEST_MS, Choices
from millstream.application.replay.progress import silently
from millstream.application.replay.rebuild import DiffersError, Rebuild
from millstream.domain.attributes import joined
from millstream.domain.errors import ConflictError, ViewClosedError
from millstream.domain.log.records import decode_cores
from millstream.domain.views import trend_row, user_row
from tests.builders import NOW_MS, POISON, event, record, subject, views
from tests.unit.millstream.application.replay.shop import DAY, ShopInMemory


@pytest.fixture
def shop() -> ShopInMemory:
    """A shop in which a few things have happened, not all of them archived or projected."""
    shop = ShopInMemory.open()
    shop.put(replace(record("ann", *views("desk")), attributes=joined([7, *[0] * 7])))
    shop.run_projector()
    return shop


@pytest.mark.parametrize("partitions", [1, 4])
def test_a_rebuild_gives_the_same_bytes(shop: ShopInMemory, partitions: int) -> None:
    """Rows and trends; the serving version is compared on the way."""
    rows, trends = shop.rows(), shop.trends()
    rebuilt = shop.rebuild(partitions)
    assert (shop.rows(), shop.trends()) == (rows, trends)
    assert shop.views.serving() == rebuilt.version.number == 2
    assert (rebuilt.different, rebuilt.missing) == (0, 0)
    assert rebuilt.live == rebuilt.log == rebuilt.digest


def test_everything_can_be_deleted_and_rebuilt(shop: ShopInMemory) -> None:
    """Law 1."""
    rows, trends = shop.rows(), shop.trends()
    shop.views.stores[1].users.clear()
    shop.views.stores[1].trends.clear()
    assert shop.rebuild().missing == 4
    assert (shop.rows(), shop.trends()) == (rows, trends)


def test_what_is_damaged_is_repaired(shop: ShopInMemory) -> None:
    """And reported; the old version stays as it is until it is dropped."""
    good = shop.rows()
    store = shop.views.stores[1]
    store.users[subject("bob")] = VersionedRow(7, good[subject("ann")])
    assert shop.rebuild().different == 1
    assert shop.rows() == good
    assert store.users[subject("bob")].data == good[subject("ann")]


def test_a_rebuild_that_must_find_equal_rows_leaves_the_pointer_alone(shop: ShopInMemory) -> None:
    """For those who want a proof and not a repair."""
    shop.views.stores[1].users.pop(subject("bob"))
    with pytest.raises(DiffersError, match="0 rows .* differ, 1 are missing"):
        shop.rebuild(only_if_equal=True)
    assert shop.views.serving() == 1


def test_events_go_on_into_the_new_version(shop: ShopInMemory) -> None:
    """The projector is refused by the old one, and finds the new one by itself."""
    shop.rebuild()
    old = dict(shop.views.stores[1].users)
    shop.happens("ann", *views("late"))
    shop.happens("new", *views("late"))
    shop.run()
    assert shop.views.stores[1].users == old
    assert shop.state("new").applied == 1
    assert shop.verify().equal


def test_a_projector_that_was_behind_loses_nothing(shop: ShopInMemory) -> None:
    """The new version holds what the projector has not met yet; it passes over that."""
    for number in range(20):
        shop.happens("bob", *views(f"item-{number}"))
    shop.rebuild()
    assert shop.state("bob").applied == 4 + 20
    shop.run_projector(batch=3)
    assert shop.state("bob").applied == 4 + 20
    assert shop.verify().equal


def test_history_is_folded_before_everything_else(shop: ShopInMemory) -> None:
    """An import is archived and rebuilt; live events come after it, whenever it came."""
    shop.imports(record("ann", *views("old-1", "old-2")), record("zoe", *views("old-1")))
    shop.rebuild()
    assert [one.item for one in shop.state("ann").recent()][-2:] == [one.item_key for one in views("old-2", "old-1")]
    assert shop.state("zoe").applied == 1
    assert shop.verify().equal


def test_an_erased_user_never_was(shop: ShopInMemory) -> None:
    """The rebuild of the log is that of a log without her events: rows, and what the trends know."""
    without = ShopInMemory()
    for user in ("ann", "cem", "eve"):
        without.happens(user, *views(f"{user}-1", "lamp", "vase"))
        without.happens(user, event("lamp", event_id=f"{user} again"), event("lamp", event_id=f"{user} again"))
    without.happens("ann", *views("desk"))
    without.run()
    shop.erase("bob")
    shop.run()
    before = shop.verify()
    after = shop.rebuild()
    again = without.rebuild()
    assert shop.verify().equal
    assert after.tally.hidden == 5
    assert before.live != shop.verify().live
    assert (after.rows, shop.state("bob").applied) == (3, 0)
    assert _known(shop) == _known(without)
    assert again.rows == after.rows


def _known(shop: ShopInMemory) -> tuple[list[tuple[bytes, bytes]], list[dict[bytes, float]]]:
    """Rows and trends without positions, which differ where the logs do."""
    states = {user: user_row.unpack(row) for user, row in shop.rows().items()}
    users = [(user, bytes(s.events + s.kept + s.tags)) for user, s in sorted(states.items()) if s.applied]
    return users, [trend_row.unpack(row).weights for _, row in sorted(shop.trends().items())]


def test_the_digest_after_an_erasure_is_that_of_the_same_log_without_the_user(shop: ShopInMemory) -> None:
    """Every other record at its place: nothing of her is in a row, in a trend, or in what pruned it."""
    shop.erase("bob")
    shop.happens("eve", *views("last"))
    shop.run()
    without = ShopInMemory()
    for one in shop.archive.read():
        if one.data == POISON or decode_cores(one.data).subject != subject("bob"):
            without.archive.store([one], DAY)
    assert shop.rebuild().digest == without.rebuild().digest


def test_an_erased_user_who_comes_back_is_new(shop: ShopInMemory) -> None:
    """What came before stays forgotten."""
    shop.erase("bob")
    shop.happens("bob", *views("fresh"))
    shop.run()
    live = shop.state("bob")
    shop.rebuild()
    assert (live.applied, shop.state("bob").applied) == (1, 1)
    assert shop.verify().equal


def test_a_void_record_is_passed_over(shop: ShopInMemory) -> None:
    """Even when it can be read: it was redriven to another place, or discarded."""
    lost = shop.happens("bob", *views("void"))
    shop.void(lost)
    shop.rebuild()
    assert shop.state("bob").applied == 4


def test_the_old_version_can_be_dropped(shop: ShopInMemory) -> None:
    """And the serving one cannot."""
    shop.rebuild()
    assert sum(shop.views.drop(1)) > 0
    assert not shop.views.stores[1].users
    with pytest.raises(ConflictError, match="view 2 serves"):
        list(shop.views.drop(2))
    assert [version.dropped for version in shop.views.versions()] == [True, False]


def test_a_writer_who_still_believes_in_the_old_version_is_refused(shop: ShopInMemory) -> None:
    """Its trend is closed, also for shards that it had not written yet."""
    shop.rebuild()
    store = shop.views.serving_store(1)
    shard = next(iter(shop.views.stores[1].trends))
    with pytest.raises(ViewClosedError):
        store.read_trend(shard)
    with pytest.raises(ConflictError, match="view 2 serves"):
        store.write_trend("shardId-000000000099", 0, b"row")


class KilledError(Exception):
    """The process is gone."""


class Counted:
    """Something whose calls are counted down; the last one is killed before it happens."""

    def __init__(self, inner: Any, calls: list[int]) -> None:
        self._inner = inner
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name == "store":
            return lambda view: Counted(found(view), self._calls)
        if not callable(found) or name in {"get", "names", "view", "serving", "versions", "all_users", "read_trends"}:
            return found

        def call(*arguments: Any) -> Any:
            if self._calls[0] == 0:
                raise KilledError
            self._calls[0] -= 1
            return found(*arguments)

        return call


def test_a_rebuild_that_is_killed_anywhere_goes_on(shop: ShopInMemory) -> None:
    """Before each write, to the workspace or to the views; events arrive in between."""
    killed_at = 0
    while True:
        victim = ShopInMemory(log=shop.log, archive=shop.archive, views=MemoryViews(), workspace=MemoryWorkspace())
        victim.run_projector()
        calls = [killed_at]
        rebuild = Rebuild(
            Counted(victim.views, calls),
            victim.archive,
            victim.log,
            Counted(victim.workspace, calls),
            "code",
            lambda: NOW_MS,
        )
        try:
            rebuild(silently, Choices(2))
        except KilledError:
            victim.happens("ann", *views(f"after-{killed_at}"))
            victim.run_projector()
            if victim.views.serving() == 1:
                victim.rebuild()
        assert victim.views.serving() == 2
        victim.run_projector()
        assert victim.verify().equal, f"killed before write {killed_at}"
        if calls[0]:
            break
        killed_at += 1
    assert killed_at > 20


def test_a_row_that_is_not_of_this_rebuild_is_not_taken_for_its_own(shop: ShopInMemory) -> None:
    """Two rebuilds at once, or leftovers under a number."""

    class Haunted(MemoryViews):
        def store(self, view: int) -> Any:
            found = super().store(view)
            if view == 2 and not found.read_users([subject("ann")]):
                found.write_users([UserWrite(subject("ann"), 0, b"other")])
            return found

    views = Haunted(shop.views.stores[1])
    with pytest.raises(ConflictError, match="view 2 has rows"):
        Rebuild(views, shop.archive, shop.log, MemoryWorkspace(), "code", lambda: NOW_MS)(silently, Choices(1))


def test_a_rebuild_that_lay_for_days_is_not_gone_on_with(shop: ShopInMemory) -> None:
    """The stream may have forgotten events that came behind what was read then; nobody would ever miss them."""
    calls = [10]

    def at(now_ms: int) -> Rebuild:
        return Rebuild(shop.views, shop.archive, shop.log, Counted(shop.workspace, calls), "code", lambda: now_ms)

    with pytest.raises(KilledError):
        at(NOW_MS)(silently, Choices(2))
    calls[0] = 1000
    with pytest.raises(ConflictError, match="began 5 days ago"):
        at(NOW_MS + LONGEST_MS + 1)(silently, Choices(2))
    assert at(NOW_MS + LONGEST_MS)(silently, Choices(2)).version.number == 2


def test_a_rebuild_that_was_killed_after_the_switch_only_tidies_up(shop: ShopInMemory) -> None:
    """It has taken over, whatever became of who built it."""

    class Untidy(MemoryWorkspace):
        def clear(self) -> None:
            raise KilledError

    workspace = Untidy()
    rebuild = Rebuild(shop.views, shop.archive, shop.log, workspace, "code", lambda: NOW_MS)
    with pytest.raises(KilledError):
        rebuild(silently, Choices(2))
    assert shop.views.serving() == 2
    with pytest.raises(KilledError):
        rebuild(silently, Choices(2))
    assert [version.number for version in shop.views.versions()] == [1, 2]
    assert shop.verify().equal


def test_a_shard_that_was_closed_while_it_was_read_takes_no_more_into_the_old_version(shop: ShopInMemory) -> None:
    """What came between the reading of it and its end is not in the new version; a projector brings it there."""

    class Moving(MemoryEventLog):
        is_at_end = False

        def read_after(self, shard: str, after: int | None) -> Iterator[Sequence[LogRecord]]:
            yield from super().read_after(shard, after)
            if not self.is_at_end and shop.views.versions()[-1].number == 2 and shard == self.open_shards()[-1]:
                self.is_at_end = True
                for user in ("ann", "bob", "cem", "eve"):
                    shop.happens(user, *views("between"))
                for shard_name in self.open_shards():
                    self.split(shard_name)

    moving = Moving()
    vars(moving).update(vars(shop.log))
    shop.log = moving
    shop.rebuild()
    assert moving.is_at_end
    shop.run_projector()
    assert [shop.state(user).applied for user in ("ann", "bob", "cem", "eve")] == [6, 5, 5, 5]
    assert shop.verify().equal


def test_a_shard_whose_first_event_comes_at_the_last_moment_is_not_left_behind(shop: ShopInMemory) -> None:
    """It has no trend yet that the switch could close."""

    class Busy(MemoryViews):
        def switch(self, expected: int, to: int, closing: Mapping[str, int], begun: int | None = None) -> None:
            if len(shop.log.open_shards()) == 2:
                for shard in shop.log.open_shards():
                    shop.log.split(shard)
                shop.happens("new", *views("late"))
                shop.run_projector()
            super().switch(expected, to, closing, begun)

    shop.views = Busy(shop.views.stores[1])
    shop.project = ProjectEvents(shop.views, shop.letters)
    shop.rebuild()
    shop.run_projector()
    assert shop.state("new").applied == 1
    assert shop.verify().equal


def test_a_version_or_a_switch_whose_answer_was_lost_is_there(shop: ShopInMemory) -> None:
    """The attempt that followed it was refused, as the version was noted and the pointer had moved; by this rebuild."""

    class Deaf(MemoryViews):
        def begin(self, version: ViewVersion) -> None:
            super().begin(version)
            raise ConflictError("as when it is tried again")

        def switch(self, expected: int, to: int, closing: Mapping[str, int], begun: int | None = None) -> None:
            super().switch(expected, to, closing, begun)
            raise ConflictError("as when it is tried again")

    shop.views = Deaf(shop.views.stores[1])
    assert shop.rebuild().version.number == shop.views.serving() == 2
    assert not shop.workspace.kept


def test_a_row_whose_answer_was_lost_is_not_taken_for_somebody_elses(shop: ShopInMemory) -> None:
    """The write was made again and found its own row in the way, while the new version caught up with the stream."""

    class Deaf(MemoryFeatureStore):
        deaf_to: ClassVar[list[str]] = ["trend", "users"]

        def write_trend(self, shard: str, expected_version: int, data: bytes) -> None:
            super().write_trend(shard, expected_version, data)
            if expected_version and "trend" in self.deaf_to:
                self.deaf_to.remove("trend")
                raise ConflictError("as when it is tried again")

        def write_users(self, writes: Sequence[UserWrite]) -> UserWriteReport:
            report = super().write_users(writes)
            if any(write.expected_version for write in writes) and "users" in self.deaf_to:
                self.deaf_to.remove("users")
                return UserWriteReport(stale=frozenset(write.user for write in writes))
            return report

    class Building(MemoryViews):
        def begin(self, version: ViewVersion) -> None:
            super().begin(version)
            self.stores[version.number] = Deaf(version.number)
            shop.happens("ann", *views("behind"))

    shop.views = Building(shop.views.stores[1])
    shop.project = ProjectEvents(shop.views, shop.letters)
    shop.rebuild()
    assert Deaf.deaf_to == []
    assert shop.state("ann").applied == 4 + 1 + 1
    shop.run_projector()
    assert shop.verify().equal


def test_what_a_killed_tidying_up_left_is_of_no_use_to_the_next_rebuild(shop: ShopInMemory) -> None:
    """Pieces without their plan belong to a log as it was then."""
    workspace = MemoryWorkspace()
    Rebuild(shop.views, shop.archive, shop.log, Keeping(workspace), "code", lambda: NOW_MS)(silently, Choices(2))
    assert workspace.kept.pop("plan.json")
    shop.happens("ann", *views("later"))
    shop.run()
    Rebuild(shop.views, shop.archive, shop.log, workspace, "code", lambda: NOW_MS)(silently, Choices(3))
    assert shop.views.serving() == 3
    assert shop.state("ann").applied == 6
    assert shop.verify().equal


class Keeping:
    """A workspace that is killed before it is cleared, at the end."""

    def __init__(self, workspace: MemoryWorkspace) -> None:
        self._workspace = workspace

    def clear(self) -> None:
        """Nothing happens any more."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._workspace, name)
