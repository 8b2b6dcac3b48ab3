"""Positions: order within and across shards, and what clients send back as one."""

from __future__ import annotations

import pytest

from millstream.domain.errors import InvalidInputError, shown
from millstream.domain.log.positions import BEGINNING, HISTORY_SHARD, Position, parse_position, shard_name, shard_number

FIRST = "shardId-000000000000"
LARGEST_SEQUENCE_NUMBER = 2**186 - 1


@pytest.mark.parametrize("shard", [HISTORY_SHARD, FIRST, "shardId-000000000041", "shardId-999999999999"])
@pytest.mark.parametrize("number", [0, 1, LARGEST_SEQUENCE_NUMBER])
def test_a_position_is_read_as_it_was_written(shard: str, number: int) -> None:
    """The text of a position names the same position."""
    assert parse_position(str(Position(shard, number))) == Position(shard, number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "17",
        f"{FIRST}",
        f"{FIRST}:",
        f"{FIRST}:-1",
        f"{FIRST}:1.0",
        f"{FIRST}:1e3",
        f"{FIRST}: 1",
        f"{FIRST}:\N{ARABIC-INDIC DIGIT THREE}",
        f"{FIRST}:{'9' * 58}",
        "shardId-" + 12 * "\N{ARABIC-INDIC DIGIT ZERO}" + ":1",
        "shardId-0:1",
        "shardId-00000000000x:1",
        "shardid-000000000000:1",
        "000000000000:1",
        "History:1",
        ":1",
    ],
)
def test_what_is_no_position_is_refused(text: str) -> None:
    """The error names the parameter, the shape that was expected, and what came."""
    with pytest.raises(InvalidInputError) as refused:
        parse_position(text)
    assert refused.value.field == "min_position"
    assert "shard:sequence-number" in refused.value.expected
    assert refused.value.got == shown(text)


@pytest.mark.parametrize(
    ("state", "record", "reached"),
    [
        (Position(FIRST, 5), Position(FIRST, 5), True),
        (Position(FIRST, 6), Position(FIRST, 5), True),
        (Position(FIRST, 4), Position(FIRST, 5), False),
        (Position(FIRST, 10), Position(FIRST, 9), True),
        (Position(shard_name(1), 1), Position(FIRST, 5), True),
        (Position(FIRST, 5), Position(shard_name(1), 1), False),
        (Position(HISTORY_SHARD, 99), Position(FIRST, 0), False),
        (BEGINNING, Position(HISTORY_SHARD, 1), False),
    ],
)
def test_a_state_reaches_what_came_before_it(state: Position, record: Position, reached: bool) -> None:
    """By number within a shard; a child shard comes after its parent, every shard after the history."""
    assert state.reaches(record) is reached


@pytest.mark.parametrize("number", [-1, 0, 41])
def test_a_shards_number_and_name_are_inverses(number: int) -> None:
    """Rows hold the number, positions the name."""
    assert shard_number(shard_name(number)) == number


def test_a_sequence_number_has_at_most_57_digits() -> None:
    """The rows have as much room."""
    longest = f"{FIRST}:{'9' * 57}"
    assert str(parse_position(longest)) == longest
    with pytest.raises(InvalidInputError):
        parse_position(f"{FIRST}:1{'0' * 57}")
