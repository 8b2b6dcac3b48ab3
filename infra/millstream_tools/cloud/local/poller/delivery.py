"""Delivers one mapping's records: reads its shards, invokes its function, sends discarded records to its queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

from millstream_tools.cloud.local.poller.backoff import Backoff
from millstream_tools.cloud.local.poller.checkpoints import Positions
from millstream_tools.cloud.local.poller.counters import Counters
from millstream_tools.cloud.local.poller.destination import failure_message
from millstream_tools.cloud.local.poller.lane import Batch, Discard, Lane
from millstream_tools.cloud.local.poller.mapping import EventSourceMapping
from millstream_tools.cloud.local.poller.outcome import Failed, FailedFrom, NotInvoked, Outcome, Succeeded
from millstream_tools.cloud.local.poller.position import HORIZON, starting_position
from millstream_tools.cloud.local.poller.shard import Shard, StreamClient

LIST_SHARDS_EVERY = 5.0


@dataclass(slots=True)
class Pace:
    """How often to look, in seconds: the time between reads, of a busy shard and of one that has long been quiet, and
    the longest batching window that is honoured.

    MiniStack keeps each iterator that a read hands out for five minutes and goes through all of them at every call to
    Kinesis, so that each read makes all later calls a little slower. AWS itself reads once a second.
    """

    read_every: float = 0.1
    read_quiet_every: float = 0.25
    max_window: float = float("inf")
    backoff: Backoff = field(default_factory=Backoff)

    @classmethod
    def of(cls, read_every: float, max_window: float) -> Self:
        """A quiet shard is not read more often than a busy one."""
        return cls(read_every, max(read_every, cls().read_quiet_every), max_window)


@dataclass(slots=True)
class Ports:
    """External calls of a delivery; `send` and `invoke` may return later, through the callback."""

    stream: StreamClient
    invoke: Callable[[EventSourceMapping, Batch, Callable[[Outcome], None]], None]
    send: Callable[[EventSourceMapping, dict[str, Any]], None]
    now: Callable[[], float]


@dataclass(slots=True)
class Delivery:
    """The delivery of one mapping; `tick` does everything that is due without waiting for a function."""

    mapping: EventSourceMapping
    ports: Ports
    pace: Pace
    saved: Positions
    counters: Counters = field(init=False)
    shards: dict[str, Shard] = field(default_factory=dict)
    in_flight: int = 0
    _listed: set[str] = field(default_factory=set)
    _listed_at: float = float("-inf")
    _finished: int = 0

    def __post_init__(self) -> None:
        stream = self.mapping.stream_arn.rsplit("/", 1)[-1]
        self.counters = Counters(self.mapping.uuid, self.mapping.function_name, stream)

    @property
    def positions(self) -> Positions:
        """The positions from which a new run must resume, by shard."""
        return {**self.saved, **{shard_id: shard.resume_at for shard_id, shard in self.shards.items()}}

    def tick(self) -> None:
        """Read what is due, and start whatever can be started now."""
        now = self.ports.now()
        if now - self._listed_at >= LIST_SHARDS_EVERY or self._shard_just_finished():
            self._find_shards(now)
        for shard in self._readable():
            if now >= shard.next_read_at:
                self._read(shard)
            for lane in shard.lanes:
                self._advance(shard, lane)
        self._count_waiting()

    def _read(self, shard: Shard) -> None:
        started = self.ports.now()
        gone = shard.vanished
        count = shard.read(self.ports.stream)
        if shard.vanished and not gone:
            self.counters.last_error = f"{shard.shard_id} is gone from the stream, with its unread records"
        self.counters.records_read += count
        ended = self.ports.now()
        shard.pause = self.pace.read_every if count else self._longer(shard.pause)
        # A batching window allows slower reads, and a slow server is polled less often.
        in_no_hurry = min(self.mapping.window, self.pace.max_window) / 10
        shard.next_read_at = ended + max(shard.pause, in_no_hurry, 4 * (ended - started))

    def _longer(self, pause: float) -> float:
        return min(max(pause * 1.1, self.pace.read_every), self.pace.read_quiet_every)

    def _advance(self, shard: Shard, lane: Lane) -> None:
        while (step := lane.next_step(self.ports.now())) is not None:
            if isinstance(step, Discard):
                self._give_up(shard, step)
                continue
            self.in_flight += 1
            self.counters.invocations += 1
            self.ports.invoke(self.mapping, step, partial(self._settle, shard, lane, step))
            return

    def _settle(self, shard: Shard, lane: Lane, batch: Batch, outcome: Outcome) -> None:
        self.in_flight -= 1
        discard = lane.settle(outcome, self.ports.now())
        self._count(batch, outcome, 0 if discard is None else len(discard.batch.records))
        if discard is not None:
            self._give_up(shard, discard)
        self._count_waiting()

    def _count_waiting(self) -> None:
        self.counters.records_waiting = sum(shard.waiting for shard in self.shards.values())

    def _count(self, batch: Batch, outcome: Outcome, discarded: int) -> None:
        done = 0
        match outcome:
            case Succeeded():
                done = len(batch.records)
            case FailedFrom(sequence_number, _):
                done = [record.sequence_number for record in batch.records].index(sequence_number)
                self.counters.last_error = f"the function reported a failure at {sequence_number}"
            case Failed(reason, _):
                self.counters.function_errors += 1
                self.counters.last_error = reason
            case NotInvoked(reason):
                self.counters.invocations -= 1
                self.counters.last_error = reason
        self.counters.records_delivered += done
        self.counters.records_retried += len(batch.records) - done - discarded

    def _give_up(self, shard: Shard, discard: Discard) -> None:
        self.counters.records_discarded += len(discard.batch.records)
        self.ports.send(self.mapping, failure_message(self.mapping, shard.shard_id, discard, self.ports.now()))

    def _shard_just_finished(self) -> bool:
        """Whether another shard is done, whose children may be unknown yet."""
        before, self._finished = self._finished, sum(shard.finished for shard in self.shards.values())
        return self._finished > before

    def _find_shards(self, now: float) -> None:
        first_listing = self._listed_at == float("-inf")
        shards = list(self._list_shards())
        # Only now: a listing that failed was not the first one.
        self._listed_at = now
        self._listed = {listed["ShardId"] for listed in shards}
        for listed in shards:
            shard_id = listed["ShardId"]
            if shard_id in self.shards:
                continue
            # A shard that appears later is a child: all of it is new.
            known = bool(self.saved) or not first_listing
            position = self.saved.get(shard_id, HORIZON if known else starting_position(self.mapping, now))
            parents = [listed[key] for key in ("ParentShardId", "AdjacentParentShardId") if listed.get(key)]
            lanes = [
                Lane(self.mapping, min(self.mapping.window, self.pace.max_window), self.pace.backoff, now)
                for _ in range(self.mapping.parallelization_factor)
            ]
            self.shards[shard_id] = Shard(self.mapping, shard_id, parents, lanes, position)

    def _list_shards(self) -> Iterator[dict[str, Any]]:
        arguments: dict[str, Any] = {"StreamARN": self.mapping.stream_arn}
        while True:
            answer = self.ports.stream.list_shards(**arguments)
            yield from answer["Shards"]
            if not answer.get("NextToken"):
                return
            arguments = {"NextToken": answer["NextToken"]}

    def _readable(self) -> list[Shard]:
        """The shards whose parents are done: a key's older records are in the parent."""
        return [shard for shard in self.shards.values() if all(self._is_done(parent) for parent in shard.parents)]

    def _is_done(self, parent: str) -> bool:
        known = self.shards.get(parent)
        if known is not None:
            return known.finished
        # This parent was never listed: it was created and expired between two listings, or long ago. Records of its
        # own parents are still older.
        return all(
            shard.finished
            for shard_id, shard in self.shards.items()
            if shard_id < parent and shard_id not in self._listed
        )
