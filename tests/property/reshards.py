"""A stream that is split and merged while events flow, the poller that follows it, and the projector behind it.

The poller and the projector are the real ones; the clock, the network's moods and the moments of resharding, of
failures and of crashes are the test's.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from botocore.exceptions import ClientError

from millstream.adapters.memory import MemoryDeadLetters, MemoryFeatureStore
from millstream.adapters.memory.log import MemoryEventLog
from millstream.application.ports import LogRecord
from millstream.application.project.project_events import ProjectEvents
from millstream.domain.keys import Pseudonym
from millstream.domain.log.positions import Position, shard_number
from millstream.domain.log.records import encode
from millstream.domain.views import user_row
from millstream.entrypoints.stream import deliver_again_from, log_records
from millstream_tools.cloud.local.poller.checkpoints import Positions
from millstream_tools.cloud.local.poller.delivery import Delivery, Pace, Ports
from millstream_tools.cloud.local.poller.invocation import invoke
from millstream_tools.cloud.local.poller.lane import Batch
from millstream_tools.cloud.local.poller.mapping import EventSourceMapping
from millstream_tools.cloud.local.poller.outcome import Outcome
from tests.builders import OneView, event, record
from tests.property import law
from tests.property.kinesis_in_memory import Kinesis, ReadTrouble

TICK_S = 0.1
SETTLED_AFTER_S = 90
"""Failures that are over are forgotten long before: a retry waits a second at most, a listing five."""

MAPPING = EventSourceMapping(
    "m",
    "arn:aws:lambda:us-east-1:000000000000:function:project",
    "arn:aws:kinesis:us-east-1:000000000000:stream/Events",
    batch_size=3,
    reports_item_failures=True,
    bisects=True,
)


@dataclass(frozen=True)
class Append:
    """So many events of one user, a record each; those of the same number are the same events again."""

    user: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Split:
    """The open shard at this place, modulo."""

    place: int


@dataclass(frozen=True)
class Merge:
    """The open shard at this place, modulo, with its neighbour."""

    place: int


@dataclass(frozen=True)
class Wait:
    """Time passes, and the poller works."""

    seconds: float


@dataclass(frozen=True)
class Trouble:
    """What happens to the next invocation: not even begun, or the projector's store fails as a delivery says."""

    throttled: bool = False
    delivery: law.Delivery = field(default_factory=law.Delivery)


@dataclass(frozen=True)
class Hold:
    """Functions take their time, or answer: at once, and those that were held."""

    on: bool


@dataclass(frozen=True)
class Restart:
    """The poller ends and begins again: from the positions that it had last, or after a crash from older ones.

    Functions that were held run to their ends all the same; nobody hears their answers.
    """

    crash: bool


Step = Append | Split | Merge | Wait | Trouble | ReadTrouble | Hold | Restart


class World:
    """Stream, poller and projector; `play` the steps, then `settle`, then check."""

    def __init__(self, shards: int = 2, mapping: EventSourceMapping = MAPPING) -> None:
        self.seconds = 1_700_000_000.0
        self.log = MemoryEventLog(shards)
        self.kinesis = Kinesis(self.log, lambda: self.seconds)
        self.store = MemoryFeatureStore()
        self.letters = MemoryDeadLetters()
        self.events = 0
        self.done: set[Position] = set()
        self.first_seen: dict[str, list[Position]] = {}
        self.too_early: list[str] = []
        self._troubles: list[Trouble] = []
        self._hold = False
        self._held: list[Callable[[bool], None]] = []
        self._mapping = mapping
        self._written: Positions = {}
        self._delivery = self._start({})

    def play(self, steps: Sequence[Step]) -> None:
        """Let these steps happen, one after the other."""
        for step in steps:
            self._play(step)

    def settle(self) -> None:
        """All trouble is over; time passes until every record is done."""
        self.kinesis.moods.clear()
        self._troubles.clear()
        self._play(Hold(on=False))
        end = self.seconds + SETTLED_AFTER_S
        while not self._is_settled():
            assert self.seconds < end, "records of a stream at rest were not delivered"
            self._pass_time(1)

    def check_order(self) -> None:
        """Raises AssertionError unless each key's records came in order, and parents' records before children's."""
        assert not self.too_early, self.too_early[0]
        for seen in self.first_seen.values():
            assert all(later.reaches(earlier) for earlier, later in pairwise(seen)), "a key's records came out of order"

    def check_rows(self) -> None:
        """Raises AssertionError unless the rows are those of one clean fold of shard after shard, each event once."""
        clean = MemoryFeatureStore()
        for shard in sorted(self.log.shards(), key=lambda one: shard_number(one.name)):
            for batch in self.log.read_after(shard.name, None):
                ProjectEvents(OneView(clean), MemoryDeadLetters())(shard.name, batch)
        assert _rows(self.store) == _rows(clean), "the rows are not those of a clean fold"
        states = [user_row.unpack(row.data) for row in self.store.users.values()]
        assert sum(state.applied + state.duplicates for state in states) == self.events, "events were lost or doubled"

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        """The deployed function, as boto3's Lambda client calls it."""
        trouble = self._troubles.pop(0) if self._troubles else Trouble()
        if trouble.throttled:
            raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": ""}}, "Invoke")
        batch = log_records(json.loads(Payload))
        shard = batch[0].position.shard
        self._look(shard, batch)
        answer: dict[str, Any] = {"StatusCode": 200}
        try:
            store = law.FaultyStore(self.store, trouble.delivery)
            projected = ProjectEvents(OneView(store), self.letters)(shard, batch)
        except Exception as error:  # noqa: BLE001  # the function's own failure, whatever it is, as Lambda reports it
            return {**answer, "FunctionError": "Unhandled", "Payload": io.BytesIO(repr(error).encode())}
        failed = projected.failed_from
        self.done |= {one.position for one in batch if failed is None or one.position < failed}
        return {**answer, "Payload": io.BytesIO(json.dumps(deliver_again_from(failed)).encode())}

    def _play(self, step: Step) -> None:  # one case a step
        match step:
            case Append(user, numbers):
                self._append(user, numbers)
            case Split(place):
                shards = self.log.open_shards()
                self.log.split(shards[place % len(shards)])
            case Merge(place):
                self._merge(place)
            case Wait(seconds):
                self._pass_time(seconds)
            case Trouble():
                self._troubles.append(step)
            case ReadTrouble():
                self.kinesis.moods.append(step)
            case Hold(on):
                self._hold = on
                self._release(heard=True)
            case Restart(crash):
                positions = self._written if crash else self._delivery.positions
                self._release(heard=False)
                self._written = positions
                self._delivery = self._start(positions)

    def _append(self, user: str, numbers: Sequence[int]) -> None:
        for number in numbers:
            one = record(user, event("lamp", event_id=f"{user}-{number}"))
            self.kinesis.append(one.subject.hex(), encode(one))
            self.events += 1

    def _merge(self, place: int) -> None:
        shards = self.log.open_shards()
        if len(shards) > 1:
            place %= len(shards) - 1
            self.log.merge(shards[place], shards[place + 1])

    def _pass_time(self, seconds: float) -> None:
        end = self.seconds + seconds
        while self.seconds < end:
            self.seconds += TICK_S
            try:
                self._delivery.tick()
            except ClientError:
                continue
        self._written = self._delivery.positions

    def _is_settled(self) -> bool:
        if self._delivery.in_flight or self._delivery.counters.records_waiting:
            return False
        return all(one.position in self.done for one in self.log.records)

    def _start(self, saved: Positions) -> Delivery:
        ports = Ports(self.kinesis, self._invoke, self._given_up, lambda: self.seconds)
        return Delivery(self._mapping, ports, Pace(), saved)

    def _invoke(self, mapping: EventSourceMapping, batch: Batch, then: Callable[[Outcome], None]) -> None:
        def work(heard: bool) -> None:
            outcome = invoke(self, mapping, batch)
            if heard:
                then(outcome)

        if self._hold:
            self._held.append(work)
        else:
            work(True)

    def _release(self, *, heard: bool) -> None:
        """The latest first: functions of several shards run side by side, and any of them may be the fastest."""
        held, self._held = self._held, []
        for work in reversed(held):
            work(heard)

    def _given_up(self, _: EventSourceMapping, message: dict[str, Any]) -> None:
        info = message["KinesisBatchInfo"]
        first, last = int(info["startSequenceNumber"]), int(info["endSequenceNumber"])
        self.done |= {Position(info["shardId"], number) for number in range(first, last + 1)}

    def _look(self, shard: str, batch: Sequence[LogRecord]) -> None:
        """Note what is seen for the first time, and whether something older should have come before."""
        for one in batch:
            seen = self.first_seen.setdefault(one.partition_key, [])
            if one.position not in seen:
                seen.append(one.position)
        waiting = [one for one in self._ancestors(shard) if not self._is_done(one)]
        if waiting:
            self.too_early.append(f"{shard} was delivered before its parent {waiting[0]} was done")

    def _is_done(self, shard: str) -> bool:
        return all(one.position in self.done for batch in self.log.read_after(shard, None) for one in batch)

    def _ancestors(self, shard: str) -> Iterator[str]:
        parents = {one.name: one.parents for one in self.log.shards()}
        for parent in parents[shard]:
            yield parent
            yield from self._ancestors(parent)


def check_resharding(steps: Sequence[Step]) -> None:
    """Raises AssertionError unless these steps end in the rows of a clean fold, by way of every key in order."""
    world = World()
    world.play(steps)
    world.settle()
    world.check_order()
    world.check_rows()


def _rows(store: MemoryFeatureStore) -> tuple[dict[Pseudonym, bytes], dict[str, bytes]]:
    users = {user: row.data for user, row in store.users.items()}
    return users, {shard: row.data for shard, row in store.trends.items()}
