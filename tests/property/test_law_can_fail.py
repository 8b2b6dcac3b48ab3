"""The law is worth something only if breaking what upholds it breaks the law: each test here breaks one thing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from millstream.adapters.memory import MemoryFeatureStore
from millstream.application.ports import UserWrite, UserWriteReport, VersionedRow
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.records import Core
from millstream.domain.views.trend import Trend
from millstream.domain.views.user_state import Share, UserState
from tests.builders import NOW_MS, POISON, event, log, record
from tests.property.law import Delivery, Race, Step, check_law

LOG = log(
    record("ann", event("lamp", event_id="a1")),
    record("bob", event("desk", event_id="b1", kind=EventKind.ItemPurchased)),
    POISON,
    record("ann", event("vase", event_id="a2", at_ms=NOW_MS + 5_000)),
)
DELIVERED_TWICE: list[Step] = [Delivery(size=2), Delivery(back=2, size=4)]


def test_the_unbroken_code_passes() -> None:
    """The logs and histories of this file are lawful: what fails below fails because of what is broken there."""
    check_law(LOG, DELIVERED_TWICE)
    check_law(LOG, [OVERTAKEN])
    check_law(REPEATED, [])


def test_the_law_fails_without_the_watermark_of_a_user_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A state that takes every record for new folds a second delivery in."""
    fold = UserState.fold

    def forgetful(state: UserState, shard: int, sequence: int, *more: Any) -> list[Core]:
        state.shard, state.sequence = -1, 0
        return fold(state, shard, sequence, *more)

    monkeypatch.setattr(UserState, "fold", forgetful)
    with pytest.raises(AssertionError, match="other rows"):
        check_law(LOG, DELIVERED_TWICE)


def test_the_law_fails_without_the_watermark_of_the_trend(monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash after the trend is written makes the same events new once more, for a trend that forgets its place."""
    fold = Trend.fold

    def forgetful(trend: Trend, shard: int, sequence: int, shares: Sequence[Share]) -> None:
        trend.shard, trend.sequence = -1, 0
        fold(trend, shard, sequence, shares)

    monkeypatch.setattr(Trend, "fold", forgetful)
    with pytest.raises(AssertionError, match="other rows"):
        check_law(LOG, [Delivery(size=2, calls=3)])


class SloppyUsersStore(MemoryFeatureStore):
    """Takes a user's row whatever version it was made from."""

    def write_users(self, writes: Sequence[UserWrite]) -> UserWriteReport:
        """Every write lands."""
        self.users.update({write.user: VersionedRow(write.expected_version + 1, write.data) for write in writes})
        return UserWriteReport()


class SloppyTrendStore(MemoryFeatureStore):
    """Takes a trend's row whatever version it was made from."""

    def write_trend(self, shard: str, expected_version: int, data: bytes) -> None:
        """Every write lands."""
        self.trends[shard] = VersionedRow(expected_version + 1, data)


OVERTAKEN = Race(Delivery(size=4), Delivery(size=1), turns=(False, False, *(True,) * 5))
"""The second projector has read ann's row, then the first runs from beginning to end, then the second goes on."""

TREND_OVERTAKEN = Race(Delivery(size=4), Delivery(size=1), turns=(False, False, False, *(True,) * 5))
"""The same after the second has read the trend as well."""


def test_the_law_fails_without_the_condition_on_a_user_rows_version() -> None:
    """A projector that was overtaken writes the user as it knew her, and her latest event is lost."""
    with pytest.raises(AssertionError, match="other rows"):
        check_law(LOG, [OVERTAKEN], SloppyUsersStore)


def test_the_law_fails_without_the_condition_on_the_trends_version() -> None:
    """A projector that was overtaken writes the trend as it knew it."""
    check_law(LOG, [TREND_OVERTAKEN])
    with pytest.raises(AssertionError, match="other rows"):
        check_law(LOG, [TREND_OVERTAKEN], SloppyTrendStore)


REPEATED = log(record("ann", event("lamp", event_id="a1")), record("ann", event("lamp", event_id="a1")))


def test_the_law_fails_without_the_dedupe_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client's repeated event would count twice: every run agrees on that, and the account of the log does not."""
    fold = UserState.fold

    def forgetful(state: UserState, shard: int, sequence: int, *more: Any) -> list[Core]:
        state.tags.clear()
        return fold(state, shard, sequence, *more)

    monkeypatch.setattr(UserState, "fold", forgetful)
    with pytest.raises(AssertionError, match="counted twice"):
        check_law(REPEATED, [])
