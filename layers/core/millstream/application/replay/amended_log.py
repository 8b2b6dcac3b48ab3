"""The archive as it is meant now: for those who learn from it."""

from __future__ import annotations

from collections.abc import Iterator

from millstream.application.ports import Archive, LogRecord
from millstream.domain.errors import InvalidRecordError
from millstream.domain.log.amendments import Amendments
from millstream.domain.log.positions import shard_number
from millstream.domain.log.records import decode_cores


def amended(archive: Archive) -> Iterator[LogRecord]:
    """Every archived record but those of users who were erased since, and void ones; see `Archive.read`.

    Reads the archive twice, since what it says about itself stands behind what it speaks of. A record that nobody can
    read is passed on: whoever reads it counts it. Raises UnavailableError.
    """
    amendments, reached = Amendments(), dict[str, int]()
    for record in archive.read():
        shard, sequence = record.position
        reached[shard] = sequence
        try:
            amendments.read((shard_number(shard), sequence), decode_cores(record.data), record.data)
        except InvalidRecordError:
            continue
    hidden = amendments.known_at(reached)
    for record in archive.read():
        shard, sequence = record.position
        try:
            subject = decode_cores(record.data).subject
        except InvalidRecordError:
            yield record
            continue
        if not hidden.hides(subject, (shard_number(shard), sequence)):
            yield record
