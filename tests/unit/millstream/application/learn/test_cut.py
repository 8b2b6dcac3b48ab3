from __future__ import annotations

import pytest

from millstream.application.learn.cut import Cut, parse_until
from millstream.domain.errors import InvalidInputError
from millstream.domain.log.positions import HISTORY_SHARD, Position
from tests.builders import NOW_MS, SHARD


@pytest.mark.parametrize(
    ("text", "until"),
    [
        (f"{SHARD}:{2**186 - 1}", Position(SHARD, 2**186 - 1)),
        ("history:7", Position(HISTORY_SHARD, 7)),
        ("2026-11-22", NOW_MS),
        ("2026-11-22T00:00:00", NOW_MS),
        ("2026-11-22T00:00:00Z", NOW_MS),
        ("2026-11-22T01:00:00.250+01:00", NOW_MS + 250),
        (str(NOW_MS // 1000), NOW_MS),
        (str(NOW_MS / 1000 + 0.25), NOW_MS + 250),
        (str(NOW_MS), NOW_MS),
        ("0", 0),
    ],
)
def test_a_moment_can_be_named_in_three_ways(text: str, until: int | Position) -> None:
    """A position, a time of ISO 8601, or a number as the API takes it; milliseconds are told by their size."""
    assert parse_until(text) == until


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "nan", "inf", "-1", "shardId-1:7", f"{SHARD}:", f"{SHARD}:x", f"{SHARD}:-1"]
)
def test_anything_else_is_refused_in_words(text: str) -> None:
    """What was expected, and what came."""
    with pytest.raises(InvalidInputError, match="expected a position"):
        parse_until(text)


def test_a_time_cuts_before_the_first_record_that_is_later() -> None:
    """A record of that very millisecond is in; one that nobody can read has no time of its own."""
    cut = Cut(NOW_MS)
    assert not cut.leaves_out(SHARD, 1, NOW_MS)
    assert cut.leaves_out(SHARD, 1, NOW_MS + 1)
    assert not cut.leaves_out(SHARD, 1, None)


def test_a_position_cuts_its_own_shard_exactly_and_the_others_by_time() -> None:
    """Also where clocks disagree about the order."""
    cut = Cut(NOW_MS, Position(SHARD, 5))
    assert not cut.leaves_out(SHARD, 5, NOW_MS + 1)
    assert cut.leaves_out(SHARD, 6, NOW_MS - 1)
    assert cut.leaves_out(HISTORY_SHARD, 6, NOW_MS + 1)
