"""From a client's call to the rows, through the real handlers and the local cloud's stream and tables, amid faults.

Whatever the schedule: 200 means stored, and the rows end as one clean fold of what is in the stream.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from functions.http.accept_events import app as accepting
from functions.stream.project_events import app as projecting
from millstream.adapters.aws.dynamo_views import DynamoViews
from millstream.adapters.aws.kinesis_event_log import KinesisEventLog
from millstream.adapters.aws.kinesis_log_reader import KinesisLogReader
from millstream.adapters.memory import FixedClock, MemoryDeadLetters, MemoryFeatureStore
from millstream.application.collect.accept_events import AcceptEvents
from millstream.application.ports import LogRecord, NotAllStoredError
from millstream.application.project.project_events import ProjectEvents
from millstream.domain.errors import UnavailableError
from millstream.domain.log.records import decode
from millstream.domain.views import user_row
from millstream.entrypoints.lambda_budget import MARGIN_S
from millstream_tools.cloud.local.clients import REGION, Clients
from tests.builders import NOW_MS, SECRET, OneView, entry, subject, submission
from tests.contract.places import Place
from tests.hourglass import Hourglass
from tests.integration.faults.injection import Injection

pytestmark = [pytest.mark.cloud, pytest.mark.filterwarnings("ignore:No application metrics")]

SCHEDULES = range(24)
USERS = ("ann", "bob", "cem", "dan", "eve")
SUBMISSIONS = 20
MOST_CALLS = 4
BATCH = 7
FAULTY_CALLS = 120
Told = dict[str, Any]


class Cloud:
    """A stream and two tables of their own, and the handlers before them, whose clients meet a schedule's faults."""

    def __init__(self, endpoint: str, seed: int) -> None:
        clients = Clients(endpoint)
        place = Place(clients, REGION)
        stream, self._tables = place.stream(shards=2), (place.table("UsersTable"), place.table("ItemsTable"))
        self._dynamodb = clients("dynamodb")
        self._seed = seed
        self.time = Hourglass(0)
        self.faults = Injection(seed, FAULTY_CALLS)
        kinesis = self.faults.into(clients.without_retries("kinesis"))
        self.log = KinesisEventLog(kinesis, stream, self.time.attempts)
        self.reader = KinesisLogReader(clients("kinesis"), stream)
        dynamodb = self.faults.into(clients.without_retries("dynamodb"))
        self.accept = AcceptEvents(self.log, FixedClock(NOW_MS), SECRET)
        self.project = ProjectEvents(DynamoViews(dynamodb, *self._tables, self.time.attempts), MemoryDeadLetters())

    def context(self, left_s: float) -> Any:
        """Lambda's, of an invocation that has so much time besides the margin."""
        self.time.seconds = left_s
        return SimpleNamespace(
            function_name="function",
            memory_limit_in_mb=512,
            invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:function",
            aws_request_id="request",
            get_remaining_time_in_millis=lambda: (self.time.left_s() + MARGIN_S) * 1000,
        )

    def records(self) -> dict[str, list[LogRecord]]:
        """Everything in the stream, by shard."""
        shards = self.reader.shards()
        return {s.name: [one for batch in self.reader.read_after(s.name, None) for one in batch] for s in shards}

    def rows(self) -> tuple[dict[Any, bytes], dict[str, bytes]]:
        """What the tables hold, read without faults."""
        views = DynamoViews(self._dynamodb, *self._tables)
        store = views.store(views.serving())
        users = {user: row.data for user, row in store.all_users()}
        return users, {shard: row.data for shard, row in store.read_trends().items()}


@pytest.fixture(params=SCHEDULES)
def cloud(ministack: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """One for each schedule."""
    cloud = Cloud(ministack, request.param)
    monkeypatch.setattr(accepting, "accept_events", lambda: cloud.accept)
    monkeypatch.setattr(projecting, "project_events", lambda: cloud.project)
    yield cloud
    assert cloud.faults.met.keys() - {"DONE"}, "nothing went wrong"


def post(cloud: Cloud, body: Told, left_s: float) -> tuple[int, Told]:
    """What the handler of POST /events answers."""
    event = {
        "httpMethod": "POST",
        "resource": "/events",
        "requestContext": {"requestId": "r"},
        "body": json.dumps(body),
    }
    answer = accepting.handler(event, cloud.context(left_s))
    return answer["statusCode"], json.loads(answer["body"])


def send_all(cloud: Cloud) -> tuple[set[tuple[bytes, str]], set[tuple[bytes, str]]]:
    """Clients who send again after a 503, some times; what was acknowledged, and what was sent."""
    acknowledged, sent = set[tuple[bytes, str]](), set[tuple[bytes, str]]()
    for number in range(SUBMISSIONS):
        user = USERS[number % len(USERS)]
        ids = [f"{number}-{place}" for place in range(1 + number % 3)]
        events = {(subject(user), event_id) for event_id in ids}
        sent |= events
        for _ in range(MOST_CALLS):
            body = submission(*[entry(eventId=event_id, itemId=f"item-{number % 4}") for event_id in ids], user=user)
            status, told = post(cloud, body, left_s=(0.01, 0.3)[number % 2])
            assert status in (200, 503), told
            if status == 200:
                assert told["accepted"] == ids
                acknowledged |= events
                break
    return acknowledged, sent


def deliver(cloud: Cloud, shard: str, records: Sequence[LogRecord]) -> None:
    """As Lambda does: in batches, again from where a part failed, and again as a whole after an error."""
    done = 0
    for number in range(10 * (FAULTY_CALLS + len(records))):
        batch = records[done : done + BATCH]
        if not batch:
            return
        try:
            answer = projecting.handler(_handed_over(shard, batch), cloud.context((0.01, 0.3, 1.0)[number % 3]))
        except UnavailableError:
            continue
        if failures := answer["batchItemFailures"]:
            failed = int(failures[0]["itemIdentifier"])
            done += next(place for place, one in enumerate(batch) if one.position.sequence_number == failed)
        else:
            done += len(batch)
    raise AssertionError(f"stuck at record {done} of {len(records)}")


def _handed_over(shard: str, records: Sequence[LogRecord]) -> Told:
    return {
        "Records": [
            {
                "eventID": f"{shard}:{record.position.sequence_number}",
                "kinesis": {
                    "sequenceNumber": str(record.position.sequence_number),
                    "partitionKey": record.partition_key,
                    "data": base64.b64encode(record.data).decode(),
                },
            }
            for record in records
        ]
    }


def test_whatever_fails_what_is_acknowledged_is_stored_and_the_rows_are_the_log(cloud: Cloud) -> None:
    """Throttling, 5xx, connections that break, answers that are lost, rows that are left over; by seeded schedules."""
    acknowledged, sent = send_all(cloud)
    shards = cloud.records()
    in_log = Counter(
        (record.subject, event.event_id)
        for records in shards.values()
        for record in (decode(one.data) for one in records)
        for event in record.events
    )
    assert acknowledged <= in_log.keys() <= sent
    for shard, records in shards.items():
        deliver(cloud, shard, records)
    clean = MemoryFeatureStore()
    for shard, records in shards.items():
        if records:
            ProjectEvents(OneView(clean), MemoryDeadLetters())(shard, records)
    users, trends = cloud.rows()
    assert users == {user: row.data for user, row in clean.users.items()}
    assert trends == {shard: row.data for shard, row in clean.trends.items()}
    states = [user_row.unpack(row) for row in users.values()]
    assert sum(state.applied for state in states) == len(in_log)
    assert sum(state.duplicates for state in states) == in_log.total() - len(in_log)


def test_many_records_are_acknowledged_only_where_they_lie(ministack: str) -> None:
    """Partial failures of PutRecords, by another schedule each: positions are true, and order within a key is kept."""
    for seed in SCHEDULES[:12]:
        cloud = Cloud(ministack, seed)
        cloud.time.seconds = 1 + seed % 3
        records = [(f"key-{number % 9}", b"%d" % number) for number in range(60)]
        try:
            positions: Sequence[Any] = cloud.log.append_many(records, cloud.time)
        except NotAllStoredError as error:
            positions = error.positions
        stored = {one.position: (one.partition_key, one.data) for shard in cloud.records().values() for one in shard}
        for record, position in zip(records, positions, strict=True):
            assert position is None or stored[position] == record
        for key in {key for key, _ in records}:
            of_key = [int(data) for _, (one, data) in sorted(stored.items()) if one == key]
            assert of_key == sorted(of_key)
            assert sorted(set(of_key)) == [int(data) for one, data in records if one == key][: len(set(of_key))]
