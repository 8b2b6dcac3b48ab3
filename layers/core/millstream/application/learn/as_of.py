"""The log up to a cut, without users erased since and without void records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from millstream.application.learn.cut import Cut
from millstream.application.learn.whole_log import Advance, WholeLog
from millstream.application.ports import LogRecord
from millstream.domain.errors import InvalidRecordError, NotFoundError
from millstream.domain.log.amendments import Amendments, Hidden
from millstream.domain.log.positions import Position, shard_number
from millstream.domain.log.records import FoldableRecord, decode_cores


@dataclass(frozen=True)
class LogAsOf:
    """The range of each shard that is read, and the records that are left out."""

    log: WholeLog
    last: Mapping[str, int]
    hidden: Hidden

    def records(self, advance: Advance = lambda _: None) -> Iterator[LogRecord]:
        """The records in the range, shard by shard in order of position; see `WholeLog.read`.

        Unreadable records are included, so that the caller can count them.
        """
        for record in self.log.read(advance):
            shard, sequence = record.position
            if sequence > self.last.get(shard, -1):
                continue
            decoded = _decoded(record)
            if decoded is None or not self.hidden.hides(decoded.subject, (shard_number(shard), sequence)):
                yield record


def as_of(log: WholeLog, until: int | Position | None = None, advance: Advance = lambda _: None) -> LogAsOf:
    """The log up to a time in milliseconds, up to a position and its recording time, or up to its end.

    Reads the whole log once, because erasures after the cut count too. Raises NotFoundError for a position that is not
    in the log, InvalidRecordError if its record is unreadable, UnavailableError.
    """
    leaves_out = _cut(log, until)
    reached: dict[str, int] = {}
    last: dict[str, int] = {}
    ended: set[str] = set()
    amendments = Amendments()
    for record in log.read(advance):
        shard, sequence = record.position
        decoded = _decoded(record)
        reached[shard] = sequence
        if shard in ended or leaves_out(shard, sequence, None if decoded is None else decoded.recorded_at_ms):
            ended.add(shard)
        else:
            last[shard] = sequence
        if decoded is not None:
            try:
                amendments.read((shard_number(shard), sequence), decoded, record.data)
            except InvalidRecordError:
                continue  # in the dead letters, as for a rebuild
    return LogAsOf(log, last, amendments.known_at(reached))


def _cut(log: WholeLog, until: int | Position | None) -> Callable[[str, int, int | None], bool]:
    if until is None:
        return lambda *_: False
    if isinstance(until, int):
        return Cut(until).leaves_out
    for record in log.read():
        if record.position == until:
            return Cut(decode_cores(record.data).recorded_at_ms, until).leaves_out
    raise NotFoundError(f"the log has no record at {until}")


def _decoded(record: LogRecord) -> FoldableRecord | None:
    try:
        return decode_cores(record.data)
    except InvalidRecordError:
        return None
