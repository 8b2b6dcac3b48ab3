"""Positions in the log."""

from __future__ import annotations

from typing import NamedTuple

from millstream.domain.errors import InvalidInputError

SEQUENCE_BYTES = 24
"""Bytes of a sequence number in a row; those of Kinesis have 186 bits."""

HISTORY_SHARD = "history"
"""The shard of imported events; it precedes every shard of the stream."""

_SHARD_PREFIX = "shardId-"
_HISTORY_NUMBER = -1


class Position(NamedTuple):
    """The position of a record in the log. Sequence numbers increase within a shard; a child shard has a higher number.

    Source: https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html
    """

    shard: str
    sequence_number: int

    def __str__(self) -> str:
        return f"{self.shard}:{self.sequence_number}"

    def reaches(self, other: Position) -> bool:
        """True if a state at this position contains the record at `other` (both of one partition key)."""
        return (shard_number(self.shard), self.sequence_number) >= (shard_number(other.shard), other.sequence_number)


BEGINNING = Position(HISTORY_SHARD, 0)
"""Before the first record."""


def parse_position(text: str, field: str = "min_position") -> Position:
    """Parse the output of `str(Position)`. Raises InvalidInputError with the name of the field."""
    shard, colon, number = text.rpartition(":")
    if not colon or not (number.isascii() and number.isdecimal()) or len(number) > 57 or not is_shard(shard):
        raise InvalidInputError(field, "a position as returned by POST /events, shard:sequence-number", text)
    return Position(shard, int(number))


def is_shard(shard: str) -> bool:
    """True for the name of a shard of a stream or of imports."""
    digits = shard.removeprefix(_SHARD_PREFIX)
    return shard == HISTORY_SHARD or (digits != shard and len(digits) == 12 and digits.isascii() and digits.isdecimal())


def shard_number(shard: str) -> int:
    """The number in a shard's name, or -1 for imported history; parents have lower numbers than their children."""
    return _HISTORY_NUMBER if shard == HISTORY_SHARD else int(shard[len(_SHARD_PREFIX) :])


def shard_name(number: int) -> str:
    """The inverse of `shard_number`."""
    return HISTORY_SHARD if number == _HISTORY_NUMBER else f"{_SHARD_PREFIX}{number:012d}"
