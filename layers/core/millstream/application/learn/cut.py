"""The end of a training set: a time, or a position in the log."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from millstream.domain.errors import InvalidInputError
from millstream.domain.log.positions import Position, is_shard, parse_position

_FIRST_IN_MS = 1e11
"""Numbers from here on are milliseconds: as seconds they would be after the year 5138."""


@dataclass(frozen=True)
class Cut:
    """Each shard is read up to its first record recorded after `time_ms`; the position's shard, up to the position."""

    time_ms: int
    position: Position | None = None

    def leaves_out(self, shard: str, sequence_number: int, recorded_at_ms: int | None) -> bool:
        """True if the shard ends before this record. The time is None for an unreadable record."""
        if self.position is not None and self.position.shard == shard:
            return sequence_number > self.position.sequence_number
        return recorded_at_ms is not None and recorded_at_ms > self.time_ms


def parse_until(text: str) -> int | Position:
    """Parse a cut to milliseconds since 1970 or a position. Raises InvalidInputError."""
    shard, _, _ = text.rpartition(":")
    if is_shard(shard):
        return parse_position(text)
    time_ms = _number(text) if _is_number(text) else _moment(text)
    if time_ms is None:
        expected = "a position (shard:sequence-number), an ISO 8601 time (UTC without a zone), or seconds since 1970"
        raise InvalidInputError("--until", expected, text)
    return time_ms


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _number(text: str) -> int | None:
    number = float(text)
    if not math.isfinite(number) or number < 0:
        return None
    return round(number if number >= _FIRST_IN_MS else number * 1000)


def _moment(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(zoned.timestamp() * 1000)
