"""The order of work in one lane of a shard: the next batch, and the effect of its outcome.

Pure: no clock, no network. A lane delivers its records strictly in order, one batch at a time; a shard has as many
lanes as the mapping's parallelisation factor, and a partition key always falls into the same one.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Literal

from millstream_tools.cloud.local.poller.backoff import Backoff
from millstream_tools.cloud.local.poller.mapping import NO_LIMIT, EventSourceMapping
from millstream_tools.cloud.local.poller.outcome import Failed, FailedFrom, NotInvoked, Outcome, Response, Succeeded
from millstream_tools.cloud.local.poller.record import Record

# "The payload size reaches 6 MB. You cannot modify this limit."
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
PAYLOAD_LIMIT = 6 * 1024 * 1024

Condition = Literal["RetryAttemptsExhausted", "RecordAgeExceeded"]


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that go to the function together, with the history of their failures."""

    records: tuple[Record, ...]
    retries: int = 0
    invocations: int = 0
    failures_in_a_row: int = 0
    not_before: float = 0.0
    response: Response | None = None


@dataclass(frozen=True, slots=True)
class Discard:
    """Discarded records, the reason, and the function's last response for them, if any."""

    batch: Batch
    condition: Condition


@dataclass(slots=True)
class Lane:
    """One lane's gathered records and its batches under way; times are epoch seconds given by the caller."""

    mapping: EventSourceMapping
    window: float
    backoff: Backoff
    window_opened_at: float
    gathered: deque[Record] = field(default_factory=deque)
    batches: deque[Batch] = field(default_factory=deque)
    in_flight: bool = False

    @property
    def waiting(self) -> int:
        """The number of records that are read and not yet done."""
        return len(self.gathered) + sum(len(batch.records) for batch in self.batches)

    @property
    def first_waiting(self) -> Record | None:
        """The oldest record that is not yet done."""
        if self.batches:
            return self.batches[0].records[0]
        return self.gathered[0] if self.gathered else None

    def offer(self, record: Record) -> None:
        """Add a record, in the shard's order."""
        self.gathered.append(record)

    def next_step(self, now: float) -> Batch | Discard | None:
        """The batch to invoke now, records to discard because of their age, or nothing yet."""
        if self.in_flight:
            return None
        if not self.batches:
            self._close_window(now)
        if not self.batches:
            return None
        expired = self._take_expired(now)
        if expired is not None:
            return expired
        if self.batches[0].not_before > now:
            return None
        self.in_flight = True
        self.batches[0] = replace(self.batches[0], invocations=self.batches[0].invocations + 1)
        return self.batches[0]

    def settle(self, outcome: Outcome, now: float) -> Discard | None:
        """Apply the outcome of the batch from `next_step`; return records that ran out of retries."""
        batch = self.batches.popleft()
        self.in_flight = False
        match outcome:
            case Succeeded():
                # "the next batching window begins as soon as the previous function invocation completes"
                self.window_opened_at = now
            case NotInvoked():
                # Retries are counted only for batches that reached the function.
                self._requeue(replace(batch, invocations=batch.invocations - 1), now)
            case FailedFrom(sequence_number, response):
                return self._retry_from(sequence_number, replace(batch, response=response), now)
            case Failed(_, response):
                return self._retry(replace(batch, response=response), now)
        return None

    def _retry_from(self, sequence_number: str, batch: Batch, now: float) -> Discard | None:
        numbers = [record.sequence_number for record in batch.records]
        failed_at = numbers.index(sequence_number)
        if failed_at == 0:
            return self._retry(batch, now)
        rest = replace(batch, records=batch.records[failed_at:], failures_in_a_row=0)
        if self.mapping.bisects:
            # AWS: "the batch is bisected at the returned sequence number and Lambda retries only the remaining
            # records", and "Splitting batches doesn't consume the retry quota".
            self.batches.appendleft(rest)
            return None
        return self._retry(rest, now)

    def _retry(self, batch: Batch, now: float) -> Discard | None:
        if self.mapping.bisects and len(batch.records) > 1:
            middle = len(batch.records) // 2
            for half in (batch.records[middle:], batch.records[:middle]):
                self.batches.appendleft(replace(batch, records=half))
            return None
        if self.mapping.maximum_retries != NO_LIMIT and batch.retries >= self.mapping.maximum_retries:
            self.window_opened_at = now
            return Discard(batch, "RetryAttemptsExhausted")
        self._requeue(replace(batch, retries=batch.retries + 1), now)
        return None

    def _requeue(self, batch: Batch, now: float) -> None:
        failures = batch.failures_in_a_row + 1
        self.batches.appendleft(
            replace(batch, failures_in_a_row=failures, not_before=now + self.backoff.delay(failures))
        )

    def _take_expired(self, now: float) -> Discard | None:
        limit = self.mapping.maximum_record_age
        batch = self.batches[0]
        if limit == NO_LIMIT or now - batch.records[0].arrived_at <= limit:
            return None
        # Records are in order of arrival, so the ones that are too old are the first ones.
        count = sum(1 for record in batch.records if now - record.arrived_at > limit)
        self.batches.popleft()
        if batch.records[count:]:
            self.batches.appendleft(replace(batch, records=batch.records[count:]))
        return Discard(replace(batch, records=batch.records[:count]), "RecordAgeExceeded")

    def _close_window(self, now: float) -> None:
        count, full = self._fitting()
        window_over = now - self.window_opened_at >= self.window
        if count and (full or window_over):
            self.batches.append(Batch(tuple(self.gathered.popleft() for _ in range(count))))
        if window_over:
            self.window_opened_at = now

    def _fitting(self) -> tuple[int, bool]:
        size = 0
        for count, record in enumerate(self.gathered):
            size += record.size
            if count == self.mapping.batch_size or (count and size > PAYLOAD_LIMIT):
                return count, True
        return len(self.gathered), len(self.gathered) >= self.mapping.batch_size or size >= PAYLOAD_LIMIT
