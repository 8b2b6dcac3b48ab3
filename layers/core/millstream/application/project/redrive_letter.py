"""What lay among the dead letters takes its place in the log after all, or in the archive."""

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
    """Redriving this letter cannot help; the message says what can."""


@dataclass(frozen=True, slots=True)
class Redriven:
    """Where a letter's record lies now; or, for a batch of the archivist's, how many records were archived."""

    position: Position | None
    archived: int = 0


@dataclass(frozen=True)
class RedriveLetter:
    """Redrive one letter. `archivist` is the name of the deployed function that archives the log.

    A record: the log says that it does not count where it lies, then takes it in as new, then the letter goes. After
    a crash in between the letter is still held, and redriving it once more leaves the state of one redrive: a record
    may be said to be void twice, and a user's row recognises the event ids that it has just seen.
    """

    dead_letters: DeadLetters
    log: EventLog
    archive: Archive
    reader: LogReader
    clock: Clock
    archivist: str

    def __call__(self, filed: FiledLetter, repaired: bytes | None = None) -> Redriven:
        """Redrive a letter, with other bytes if `repaired` has any.

        Raises InvalidRecordError for bytes that cannot be decoded: they would only come back. NotRedrivableError,
        NotFoundError where neither the archive nor the stream holds what is needed, UnavailableError.
        """
        letter = filed.letter
        if isinstance(letter, DeadLetter):
            redriven = self._record(letter, repaired)
        elif isinstance(letter, BatchLetter):
            redriven = self._batch(letter, repaired)
        else:
            raise NotRedrivableError("this message is no dead letter of Millstream's: it can be discarded")
        for handle in filed.handles:
            self.dead_letters.remove(handle)
        return redriven

    def _record(self, letter: DeadLetter, repaired: bytes | None) -> Redriven:
        data, key = self._whole(letter, repaired)
        subject = decode(data).subject
        if len(data) > LONGEST_RECORD_BYTES:
            raise InvalidRecordError("record", f"at most {LONGEST_RECORD_BYTES} bytes", f"{len(data)} bytes")
        void(self.log, self.clock, letter.position, key, "redriven")
        # Under its subject's own key: an event counts only in the shard in which its user's other events lie.
        return Redriven(self.log.append(subject.hex(), data))

    def _whole(self, letter: DeadLetter, repaired: bytes | None) -> tuple[bytes, str]:
        """The bytes to append, and the partition key of the record as it was."""
        complete = not letter.missing_bytes
        if letter.partition_key is not None and (complete or repaired is not None):
            return letter.data if repaired is None else repaired, letter.partition_key
        found = found_record(letter.position, self.archive, self.reader)
        if repaired is None and not complete and found is None:
            held, length = len(letter.data), len(letter.data) + letter.missing_bytes
            raise NotFoundError(
                f"the letter holds {held} of the record's {length} bytes, "
                "and neither the archive nor the stream has the record any more: redrive it with repaired bytes"
            )
        data = repaired if repaired is not None else letter.data if found is None else found.data
        return data, letter.partition_key or (NO_KEY if found is None else found.partition_key)

    def _batch(self, letter: BatchLetter, repaired: bytes | None) -> Redriven:
        if letter.function != self.archivist:
            raise NotRedrivableError(
                f"these {letter.records} records are in the log, and only the views of {letter.function} lack them: "
                "run `millstream rebuild`, then discard the letter"
            )
        if repaired is not None:
            raise NotRedrivableError("a batch is archived as the stream holds it, and not repaired")
        records = streamed_records(letter.first, letter.last, self.reader)
        if records:
            self.archive.store(records, letter.arrived_on)
        if len(records) < letter.records:
            raise NotFoundError(
                f"the stream still holds {len(records)} of these {letter.records} records; "
                "they are archived now, and the others are lost unless you have them elsewhere"
            )
        return Redriven(None, len(records))
