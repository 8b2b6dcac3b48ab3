"""What every FeatureStore must honour: rows of users, and rows of trends."""

from __future__ import annotations

from abc import ABC, abstractmethod

import pytest

from millstream.application.ports import NO_ROW, FeatureStore, UserWrite, UserWriteReport, VersionedRow
from millstream.domain.errors import ConflictError
from millstream.domain.keys import Pseudonym
from millstream.domain.log.positions import HISTORY_SHARD, shard_name

ANN, BOB, CEM = (bytes([number]) * 16 for number in (0, 127, 255))
FULL_ROW = bytes(number % 256 for number in range(991))
SHARD = shard_name(0)


def user(number: int) -> Pseudonym:
    """One of many."""
    return number.to_bytes(16)


class UserRowsSuite(ABC):
    """Give an empty store; inherit the promises about users."""

    @pytest.fixture
    @abstractmethod
    def store(self) -> FeatureStore:
        """An empty store."""

    def test_a_user_whom_nobody_wrote_has_no_row(self, store: FeatureStore) -> None:
        """Asked alone, and among others."""
        assert store.read_user(ANN) == NO_ROW
        assert store.read_users([ANN, BOB]) == {}
        assert store.read_users([]) == {}

    def test_a_row_is_read_as_it_was_written(self, store: FeatureStore) -> None:
        """Every byte of it, and its version."""
        assert store.write_users([UserWrite(ANN, 0, FULL_ROW)]) == UserWriteReport()
        assert store.read_user(ANN) == VersionedRow(1, FULL_ROW)
        assert store.read_users([ANN, BOB]) == {ANN: VersionedRow(1, FULL_ROW)}

    def test_a_row_is_replaced_by_who_read_it_last(self, store: FeatureStore) -> None:
        """Each write makes the next version."""
        for version in range(3):
            assert store.write_users([UserWrite(ANN, version, b"%d" % version)]) == UserWriteReport()
        assert store.read_user(ANN) == VersionedRow(3, b"2")

    @pytest.mark.parametrize("expected", [0, 1, 3])
    def test_a_write_from_another_version_is_stale_and_changes_nothing(
        self, store: FeatureStore, expected: int
    ) -> None:
        """From none, from an older one, from one that never was."""
        for version in range(2):
            store.write_users([UserWrite(ANN, version, b"good")])
        assert store.write_users([UserWrite(ANN, expected, b"stale")]) == UserWriteReport(stale=frozenset({ANN}))
        assert store.read_user(ANN) == VersionedRow(2, b"good")

    def test_a_row_that_does_not_exist_cannot_be_updated(self, store: FeatureStore) -> None:
        """It was deleted, or the writer dreams."""
        assert store.write_users([UserWrite(ANN, 1, b"dream")]).stale == {ANN}
        assert store.read_user(ANN) == NO_ROW

    def test_stale_writes_do_not_keep_their_neighbours_from_being_written(self, store: FeatureStore) -> None:
        """Each row stands alone."""
        store.write_users([UserWrite(BOB, 0, b"first")])
        report = store.write_users([UserWrite(one, 0, b"second") for one in (ANN, BOB, CEM)])
        assert report == UserWriteReport(stale=frozenset({BOB}))
        assert store.read_users([ANN, BOB, CEM]) == {
            ANN: VersionedRow(1, b"second"),
            BOB: VersionedRow(1, b"first"),
            CEM: VersionedRow(1, b"second"),
        }

    def test_many_users_are_written_and_read_at_once(self, store: FeatureStore) -> None:
        """More than any one call of a service takes; new rows and known ones side by side."""
        users = [user(number) for number in range(130)]
        store.write_users([UserWrite(one, 0, b"old") for one in users[:65]])
        report = store.write_users([UserWrite(one, int(place < 65), b"new") for place, one in enumerate(users)])
        assert report == UserWriteReport()
        rows = store.read_users(users)
        assert rows == {one: VersionedRow(1 + int(place < 65), b"new") for place, one in enumerate(users)}

    def test_no_writes_are_no_trouble(self, store: FeatureStore) -> None:
        """A batch of slates changes no user."""
        assert store.write_users([]) == UserWriteReport()


class TrendRowsSuite(ABC):
    """Give an empty store; inherit the promises about trends."""

    @pytest.fixture
    @abstractmethod
    def store(self) -> FeatureStore:
        """An empty store."""

    def test_a_shard_that_nobody_wrote_has_no_trend(self, store: FeatureStore) -> None:
        """Asked alone, and all together."""
        assert store.read_trend(SHARD) == NO_ROW
        assert store.read_trends() == {}

    def test_a_trend_is_read_as_it_was_written(self, store: FeatureStore) -> None:
        """Every byte, and its version; a trend row is large."""
        large = FULL_ROW * 15
        store.write_trend(SHARD, 0, large)
        assert store.read_trend(SHARD) == VersionedRow(1, large)
        store.write_trend(SHARD, 1, b"next")
        assert store.read_trend(SHARD) == VersionedRow(2, b"next")

    @pytest.mark.parametrize("expected", [0, 1, 3])
    def test_a_write_from_another_version_is_a_conflict_and_changes_nothing(
        self, store: FeatureStore, expected: int
    ) -> None:
        """The error names the shard and the version that was expected."""
        store.write_trend(SHARD, 0, b"one")
        store.write_trend(SHARD, 1, b"two")
        with pytest.raises(ConflictError, match=f"{SHARD}.*{expected}"):
            store.write_trend(SHARD, expected, b"stale")
        assert store.read_trend(SHARD) == VersionedRow(2, b"two")

    def test_a_trend_that_does_not_exist_cannot_be_updated(self, store: FeatureStore) -> None:
        """There is no such version."""
        with pytest.raises(ConflictError):
            store.write_trend(SHARD, 1, b"dream")
        assert store.read_trend(SHARD) == NO_ROW

    def test_each_shard_has_its_own_trend(self, store: FeatureStore) -> None:
        """The history too."""
        shards = [HISTORY_SHARD, shard_name(0), shard_name(11)]
        for shard in shards:
            store.write_trend(shard, 0, shard.encode())
        assert store.read_trends() == {shard: VersionedRow(1, shard.encode()) for shard in shards}
