"""Where reading of a shard starts or resumes, in the terms of Kinesis' GetShardIterator."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from millstream_tools.cloud.local.poller.mapping import EventSourceMapping


@dataclass(frozen=True, slots=True)
class Position:
    """A shard iterator's type with what it needs: a sequence number, or epoch seconds."""

    kind: str
    sequence_number: str = ""
    timestamp: float = 0.0

    def as_iterator(self) -> dict[str, Any]:
        """The arguments of GetShardIterator for this position."""
        arguments: dict[str, Any] = {"ShardIteratorType": self.kind}
        if self.sequence_number:
            arguments["StartingSequenceNumber"] = self.sequence_number
        if self.kind == "AT_TIMESTAMP":
            arguments["Timestamp"] = self.timestamp
        return arguments

    def as_json(self) -> dict[str, Any]:
        """The position as a checkpoint file stores it."""
        return asdict(self)


HORIZON = Position("TRIM_HORIZON")


def starting_position(mapping: EventSourceMapping, now: float) -> Position:
    """Where the mapping starts in an unread shard.

    LATEST becomes the current time, so that records which arrive between two runs of the poller are not skipped.
    """
    if mapping.starting_position == "LATEST":
        return Position("AT_TIMESTAMP", timestamp=now)
    return Position(mapping.starting_position, timestamp=mapping.starting_timestamp)
