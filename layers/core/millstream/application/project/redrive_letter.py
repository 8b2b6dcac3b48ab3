"""Redrive dead letters into the log or the archive."""

from __future__ import annotations

from dataclasses import dataclass

from millstream.application.ports import Archive, BatchLetter, Clock, DeadLetter, DeadLetters, EventLog, LogReader
from millstream.application.project.found_records import found_record, streamed_records
from millstream.application.project.letters import FiledLetter
from millstream.application.project.voiding import NO_KEY, void
from millstream.domain.errors import InvalidRecordError, MillstreamError, NotFoundError
from millstream.domain.log.positions import Position
from millstream.domain.log.records import LONGEST_RECORD_BYTES, decode


class NotRedrivableError(MillstreamError):
    """Redriving this letter does not help; the message says what does."""


@dataclass(frozen=True, slots=True)
class Redriven:
    """The new position of a letter's record; for a failed archive batch, the number of archived records."""

    position: Position | None
    archived: int = 0


@dataclass(frozen=True)
class RedriveLetter:
    """Redrive one letter. `archivist` is the name of the deployed function that archives the log.

    A record is marked as void at its old position, appended as new, and then its letter is deleted. After a crash in
    between, the letter still exists, and redriving it again has the same effect as once: voiding twice is harmless, and
    users' rows recognise the repeated event ids.
    """

    dead_letters: DeadLetters
    log: EventLog
    archive: Archive
    reader: LogReader
    clock: Clock
    archivist: str

    def __call__(self, filed: FiledLetter, repaired: bytes | None = None) -> Redriven:
        """Redrive a letter, with the bytes in `repaired` if given.

        Raises InvalidRecordError for bytes that cannot be decoded, because they would fail again; NotRedrivableError;
        NotFoundError if neither the archive nor the stream has the record; UnavailableError.
        """
        letter = filed.letter
        if isinstance(letter, DeadLetter):
            redriven = self._record(letter, repaired)
        elif isinstance(letter, BatchLetter):
            redriven = self._batch(letter, repaired)
        else:
            raise NotRedrivableError("this message is not a dead letter of Millstream: it can only be discarded")
        for handle in filed.handles:
            self.dead_letters.remove(handle)
        return redriven

    def _record(self, letter: DeadLetter, repaired: bytes | None) -> Redriven:
        data, key = self._whole(letter, repaired)
        subject = decode(data).subject
        if len(data) > LONGEST_RECORD_BYTES:
            raise InvalidRecordError("record", f"at most {LONGEST_RECORD_BYTES} bytes", f"{len(data)} bytes")
        void(self.log, self.clock, letter.position, key, "redriven")
        # Under its subject's own key, so that it goes to the shard with the user's other events.
        return Redriven(self.log.append(subject.hex(), data))

    def _whole(self, letter: DeadLetter, repaired: bytes | None) -> tuple[bytes, str]:
        """The bytes to append, and the original partition key."""
        complete = not letter.missing_bytes
        if letter.partition_key is not None and (complete or repaired is not None):
            return letter.data if repaired is None else repaired, letter.partition_key
        found = found_record(letter.position, self.archive, self.reader)
        if repaired is None and not complete and found is None:
            held, length = len(letter.data), len(letter.data) + letter.missing_bytes
            raise NotFoundError(
                f"the letter holds {held} of the record's {length} bytes, "
                "and neither the archive nor the stream has the record: redrive it with repaired bytes"
            )
        data = repaired if repaired is not None else letter.data if found is None else found.data
        return data, letter.partition_key or (NO_KEY if found is None else found.partition_key)

    def _batch(self, letter: BatchLetter, repaired: bytes | None) -> Redriven:
        if letter.function != self.archivist:
            raise NotRedrivableError(
                f"these {letter.records} records are in the log and missing only in the views of {letter.function}: "
                "run `millstream rebuild`, then discard the letter"
            )
        if repaired is not None:
            raise NotRedrivableError("a batch is archived unchanged and cannot be repaired")
        records = list(streamed_records(letter.first, letter.last, self.reader))
        if records:
            self.archive.store(records, letter.arrived_on)
        if len(records) < letter.records:
            raise NotFoundError(
                f"the stream still holds {len(records)} of these {letter.records} records; "
                "they are archived now; the others are lost unless you have another copy"
            )
        return Redriven(None, len(records))
