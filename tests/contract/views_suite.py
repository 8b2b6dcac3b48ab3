"""What every Views must honour: versions side by side, and a pointer that moves only when nothing can be lost."""

from __future__ import annotations

from abc import ABC, abstractmethod

import pytest

from millstream.application.ports import FIRST_VIEW, NO_ROW, UserWrite, VersionedRow, Views, ViewVersion
from millstream.domain.errors import ConflictError, ViewClosedError
from millstream.domain.log.positions import HISTORY_SHARD, shard_name

ANN, BOB = (bytes([number]) * 16 for number in (0, 255))
SHARD, OTHER = shard_name(0), shard_name(1)
SECOND = ViewVersion(
    2, "code", 1_795_305_600_000, {HISTORY_SHARD: 3, SHARD: 2**180}, imports={"history-2": 2**42}, void={"history-1": 9}
)


class ViewsSuite(ABC):
    """Give empty views; inherit the promises."""

    @pytest.fixture
    @abstractmethod
    def views(self) -> Views:
        """Views of a new stack."""

    def test_a_new_stack_serves_its_first_version(self, views: Views) -> None:
        """Nobody has to make it."""
        assert views.serving() == FIRST_VIEW.number
        assert list(views.versions()) == [FIRST_VIEW]
        assert views.store(1).view == 1

    def test_a_version_is_kept_with_what_it_was_made_of(self, views: Views) -> None:
        """In order of number; sequence numbers are long."""
        views.begin(ViewVersion(10))
        views.begin(SECOND)
        assert list(views.versions()) == [FIRST_VIEW, SECOND, ViewVersion(10)]

    @pytest.mark.parametrize("number", [1, 2])
    def test_a_number_is_given_once(self, views: Views, number: int) -> None:
        """Two rebuilds at once: one is first."""
        views.begin(SECOND)
        with pytest.raises(ConflictError, match=f"view {number} exists"):
            views.begin(ViewVersion(number))

    def test_versions_hold_rows_of_their_own(self, views: Views) -> None:
        """Of the same users and shards."""
        views.begin(SECOND)
        for number in (1, 2):
            views.store(number).write_users([UserWrite(ANN, 0, b"%d" % number)])
            views.store(number).write_trend(SHARD, 0, b"trend %d" % number)
        for number in (1, 2):
            store = views.store(number)
            assert store.read_user(ANN) == store.read_users([ANN, BOB])[ANN] == VersionedRow(1, b"%d" % number)
            assert store.read_trends() == {SHARD: VersionedRow(1, b"trend %d" % number)}
            assert dict(store.all_users()) == {ANN: VersionedRow(1, b"%d" % number)}

    def test_every_row_is_met_once(self, views: Views) -> None:
        """More than one answer of a service holds."""
        writes = [UserWrite(number.to_bytes(16), 0, bytes(900)) for number in range(1500)]
        views.store(1).write_users(writes)
        met = [user for user, _ in views.store(1).all_users()]
        assert sorted(met) == [write.user for write in writes]

    def test_segments_share_no_row_and_leave_none_out(self, views: Views) -> None:
        """Many may read a view at once."""
        writes = [UserWrite(number.to_bytes(16), 0, bytes(900)) for number in range(1500)]
        views.store(1).write_users(writes)
        met = [[user for user, _ in views.store(1).all_users(segment, 3)] for segment in range(3)]
        assert sorted(user for segment in met for user in segment) == [write.user for write in writes]
        assert all(300 < len(segment) < 700 for segment in met)

    def test_the_pointer_moves_to_another_version(self, views: Views) -> None:
        """And back, if somebody wants that."""
        views.begin(SECOND)
        views.switch(1, 2, {})
        assert views.serving() == 2
        views.switch(2, 1, {})
        assert views.serving() == 1

    def test_the_pointer_moves_only_from_where_it_is(self, views: Views) -> None:
        """Somebody else was first."""
        views.begin(SECOND)
        with pytest.raises(ConflictError):
            views.switch(2, 1, {})
        views.switch(1, 2, {})
        with pytest.raises(ConflictError):
            views.switch(1, 2, {})
        assert views.serving() == 2

    def test_a_switch_closes_trends_of_the_old_version(self, views: Views) -> None:
        """All at once; what they held can still be read with all others, and users' rows are as they were."""
        old = views.serving_store(1)
        for shard in (SHARD, OTHER):
            old.write_trend(shard, 0, b"trend")
        old.write_users([UserWrite(ANN, 0, b"row")])
        views.begin(SECOND)
        views.switch(1, 2, {SHARD: 1, OTHER: 1})
        for shard in (SHARD, OTHER):
            with pytest.raises(ViewClosedError):
                old.read_trend(shard)
            with pytest.raises(ConflictError):
                old.write_trend(shard, 1, b"late")
        assert {shard: row.data for shard, row in old.read_trends().items()} == {SHARD: b"trend", OTHER: b"trend"}
        assert old.read_user(ANN) == VersionedRow(1, b"row")

    def test_a_trend_that_moved_keeps_the_pointer_where_it_is(self, views: Views) -> None:
        """The new version lacks what was written in between, so nothing at all happens."""
        old = views.serving_store(1)
        old.write_trend(SHARD, 0, b"seen")
        old.write_trend(OTHER, 0, b"seen")
        old.write_trend(OTHER, 1, b"moved")
        views.begin(SECOND)
        with pytest.raises(ConflictError):
            views.switch(1, 2, {SHARD: 1, OTHER: 1})
        assert views.serving() == 1
        assert old.read_trend(SHARD) == VersionedRow(1, b"seen")

    def test_a_shards_first_trend_is_refused_by_a_version_that_serves_no_longer(self, views: Views) -> None:
        """A shard that is new has no trend that the switch could close."""
        late, building = views.serving_store(1), views.store(1)
        views.begin(SECOND)
        views.switch(1, 2, {})
        with pytest.raises(ConflictError):
            late.write_trend(SHARD, 0, b"late")
        assert late.read_trend(SHARD) == NO_ROW
        views.serving_store(2).write_trend(SHARD, 0, b"in time")
        assert views.store(2).read_trend(SHARD) == VersionedRow(1, b"in time")
        building.write_trend(SHARD, 0, b"a rebuild writes to any version")

    def test_a_shard_that_began_its_trend_keeps_the_pointer_where_it_is(self, views: Views) -> None:
        """The switch knows nothing of it, and could not close it; what a rebuild writes does not count."""
        views.begin(SECOND)
        views.store(2).write_trend(SHARD, 0, b"rebuilt")
        for shard, begun in ((SHARD, 0), (OTHER, 1)):
            assert views.shards_begun() == begun
            views.serving_store(1).write_trend(shard, 0, b"first")
            views.serving_store(1).write_trend(shard, 1, b"second")
            with pytest.raises(ConflictError):
                views.switch(1, 2, {}, begun)
        assert views.serving() == 1
        views.switch(1, 2, {SHARD: 2, OTHER: 2}, views.shards_begun())
        assert (views.serving(), views.shards_begun()) == (2, 0)

    def test_a_version_is_dropped_with_all_of_its_rows(self, views: Views) -> None:
        """Others keep theirs, and the number is not given again."""
        views.begin(SECOND)
        for number in (1, 2):
            users = [UserWrite(user.to_bytes(16), 0, b"row") for user in range(60)]
            views.store(number).write_users(users)
            views.store(number).write_trend(SHARD, 0, b"trend")
        views.switch(1, 2, {SHARD: 1})
        assert list(views.drop(1))[-1] == 61
        assert list(views.store(1).all_users()) == []
        assert views.store(1).read_trends() == {}
        assert len(list(views.store(2).all_users())) == 60
        assert [(one.number, one.dropped) for one in views.versions()] == [(1, True), (2, False)]

    def test_the_version_that_serves_is_not_dropped(self, views: Views) -> None:
        """Whatever the caller believes."""
        views.store(1).write_users([UserWrite(ANN, 0, b"row")])
        with pytest.raises(ConflictError, match="view 1 serves"):
            list(views.drop(1))
        assert views.store(1).read_user(ANN) == VersionedRow(1, b"row")

    def test_a_version_that_may_be_on_its_way_is_not_dropped(self, views: Views) -> None:
        """A rebuild that had checked it would let it serve, empty as it was then."""
        views.begin(SECOND)
        views.store(2).write_users([UserWrite(ANN, 0, b"row")])
        with pytest.raises(ConflictError, match="view 2 is newer"):
            list(views.drop(2))
        assert views.store(2).read_user(ANN) == VersionedRow(1, b"row")
        views.begin(ViewVersion(3))
        views.switch(1, 3, {})
        assert list(views.drop(2))[-1] == 1
