"""An in-memory Kinesis, Lambda and queue under a clock that only the test moves."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from millstream_tools.cloud.local.poller.checkpoints import Positions
from millstream_tools.cloud.local.poller.delivery import Delivery, Pace, Ports
from millstream_tools.cloud.local.poller.destination import send_failure
from millstream_tools.cloud.local.poller.invocation import invoke
from millstream_tools.cloud.local.poller.lane import Batch
from millstream_tools.cloud.local.poller.mapping import EventSourceMapping
from millstream_tools.cloud.local.poller.outcome import Outcome

STREAM = "arn:aws:kinesis:eu-west-1:123456789012:stream/Events"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:project"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:DeadLetters"
ROLE = "arn:aws:iam::123456789012:role/project"


@dataclass
class FakeClock:
    """Epoch seconds that move only when told."""

    seconds: float = 1_700_000_000.0

    def now(self) -> float:
        return self.seconds


@dataclass
class FakeStream:
    """Shards in memory; an iterator is `shard@index`."""

    clock: FakeClock
    shards: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"shardId-0": []})
    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    expire_next_iterator: bool = False
    next_number: int = 100
    digits: int = 1

    def put(self, text: str, key: str = "k", shard: str = "shardId-0") -> str:
        number = f"{self.next_number:0{self.digits}d}"
        self.next_number += 1
        at = datetime.fromtimestamp(self.clock.seconds, UTC)
        self.shards[shard].append(
            {"SequenceNumber": number, "PartitionKey": key, "Data": text.encode(), "ApproximateArrivalTimestamp": at}
        )
        return number

    def split(self, parent: str, *children: str) -> None:
        self.closed.add(parent)
        for child in children:
            self.shards[child] = []
            self.parents[child] = (parent,)

    def merge(self, parent: str, neighbour: str, child: str) -> None:
        self.closed |= {parent, neighbour}
        self.shards[child] = []
        self.parents[child] = (parent, neighbour)

    def drop(self, shard: str) -> None:
        """Forget a shard with its records, as MiniStack does with one that is split or merged."""
        del self.shards[shard]

    def list_shards(self, **_: object) -> dict[str, Any]:
        shards: list[dict[str, str]] = []
        for shard_id in self.shards:
            shards.append({"ShardId": shard_id})
            names = ("ParentShardId", "AdjacentParentShardId")
            shards[-1] |= dict(zip(names, self.parents.get(shard_id, ()), strict=False))
        return {"Shards": shards}

    def get_shard_iterator(self, **arguments: Any) -> dict[str, Any]:
        shard, kind = arguments["ShardId"], arguments["ShardIteratorType"]
        start = int(arguments.get("StartingSequenceNumber", 0)) + (kind == "AFTER_SEQUENCE_NUMBER")
        since = arguments.get("Timestamp", 0.0) if kind == "AT_TIMESTAMP" else 0.0
        skipped = [
            record
            for record in self.shards[shard]
            if int(record["SequenceNumber"]) < start or record["ApproximateArrivalTimestamp"].timestamp() < since
        ]
        return {"ShardIterator": f"{shard}@{len(skipped)}"}

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: N803 - boto3's names
        if self.expire_next_iterator:
            self.expire_next_iterator = False
            raise ClientError({"Error": {"Code": "ExpiredIteratorException", "Message": ""}}, "GetRecords")
        shard, _, start = ShardIterator.partition("@")
        if shard not in self.shards:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": ""}}, "GetRecords")
        records = self.shards[shard][int(start) : int(start) + Limit]
        end = int(start) + len(records)
        answer: dict[str, Any] = {"Records": records}
        if not (shard in self.closed and end == len(self.shards[shard])):
            answer["NextShardIterator"] = f"{shard}@{end}"
        return answer


Handler = Callable[[list[str], list[str]], Any]


@dataclass
class FakeFunction:
    """Remembers each batch; `handler` gets the texts and sequence numbers and returns, or raises, as a handler does."""

    handler: Handler = lambda _texts, _numbers: None
    batches: list[list[str]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    throttles: int = 0

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        if self.throttles:
            self.throttles -= 1
            raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": ""}}, "Invoke")
        event = json.loads(Payload)
        self.events.append(event)
        texts, numbers = texts_of(event), [record["kinesis"]["sequenceNumber"] for record in event["Records"]]
        self.batches.append(texts)
        answer: dict[str, Any] = {"StatusCode": 200, "ExecutedVersion": "$LATEST"}
        try:
            payload = json.dumps(self.handler(texts, numbers))
        except Exception as error:  # noqa: BLE001  # the function's own failure, whatever it is, as Lambda reports it
            answer["FunctionError"] = "Unhandled"
            payload = json.dumps({"errorMessage": str(error)})
        return {**answer, "Payload": io.BytesIO(payload.encode())}


@dataclass
class FakeQueue:
    """Remembers the messages."""

    messages: list[dict[str, Any]] = field(default_factory=list)

    def get_queue_url(self, *, QueueName: str, QueueOwnerAWSAccountId: str) -> dict[str, Any]:  # noqa: N803
        return {"QueueUrl": f"https://sqs/{QueueOwnerAWSAccountId}/{QueueName}"}

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803 - boto3's names
        assert QueueUrl == "https://sqs/123456789012/DeadLetters"
        self.messages.append(json.loads(MessageBody))


class World:
    """One mapping on a fake stream; functions answer at once unless `hold` is set."""

    def __init__(
        self,
        *,
        saved: Positions | None = None,
        max_window: float = float("inf"),
        read_every: float = 0.1,
        **settings: Any,
    ) -> None:
        self.clock = FakeClock()
        self.stream = FakeStream(self.clock)
        self.function = FakeFunction()
        self.queue = FakeQueue()
        self.hold = False
        self.held: list[Callable[[], None]] = []
        settings = {"uuid": "m", "function_arn": FUNCTION, "stream_arn": STREAM, "role_arn": ROLE, **settings}
        self.mapping = EventSourceMapping(**{"on_failure_arn": QUEUE, **settings})
        self.pace = Pace.of(read_every, max_window)
        self.delivery = self.start(saved or {})

    def start(self, saved: Positions) -> Delivery:
        """A delivery as a freshly started poller has it."""
        ports = Ports(self.stream, self._invoke, partial(send_failure, self.queue), self.clock.now)
        return Delivery(self.mapping, ports, self.pace, saved)

    def put(self, *texts: str, key: str = "k", shard: str = "shardId-0") -> list[str]:
        return [self.stream.put(text, key, shard) for text in texts]

    def pass_time(self, seconds: float, step: float = 0.05) -> None:
        """Let time pass in small steps, with a tick at each."""
        end = self.clock.seconds + seconds
        self.delivery.tick()
        while self.clock.seconds < end:
            self.clock.seconds = min(end, self.clock.seconds + step)
            self.delivery.tick()

    def release(self) -> None:
        """Let the functions that were held answer, the oldest first."""
        held, self.held = self.held, []
        for answer in held:
            answer()

    def _invoke(self, mapping: EventSourceMapping, batch: Batch, then: Callable[[Outcome], None]) -> None:
        outcome = invoke(self.function, mapping, batch)
        if self.hold:
            self.held.append(lambda: then(outcome))
        else:
            then(outcome)


def texts_of(event: Mapping[str, Any]) -> list[str]:
    """The data of an event's records, decoded."""
    return [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]


def failing_on(poison: str) -> Handler:
    """A handler that raises when the poison is in its batch."""

    def handler(texts: list[str], _numbers: list[str]) -> None:
        if poison in texts:
            raise ValueError(f"cannot read {poison}")

    return handler


def reporting(poison: str) -> Handler:
    """A handler that reports the poison, and all after it, as Powertools' batch processor does for streams."""

    def handler(texts: list[str], numbers: list[str]) -> dict[str, Any]:
        failed = numbers[texts.index(poison) :] if poison in texts else []
        return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}

    return handler
