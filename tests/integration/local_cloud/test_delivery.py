"""The poller against a real MiniStack: the functions run, the queue and the table are the cloud's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from millstream_tools.cloud.local.cloud import Cloud
from millstream_tools.cloud.local.process import GuardedProcess
from tests.integration.local_cloud.waiting import eventually

pytestmark = pytest.mark.cloud

Poll = Callable[[], GuardedProcess]


def test_each_record_is_delivered_once(cloud: Cloud, poll: Poll) -> None:
    """Thirty records in batches of ten, put before and after the poller starts."""
    put(cloud, *(f"early-{n}" for n in range(15)))
    poll()
    put(cloud, *(f"late-{n}" for n in range(15)))
    eventually(lambda: len(seen(cloud)) == 30)
    assert set(seen(cloud).values()) == {1}


def test_after_a_partial_failure_nothing_is_lost_and_nothing_before_it_is_repeated(cloud: Cloud, poll: Poll) -> None:
    """What MiniStack's own mapping gets wrong: it takes the rest of such a batch for done."""
    put(cloud, "a", "b", "once", "c", "d")
    poll()
    eventually(lambda: "d" in seen(cloud))
    assert seen(cloud) == {"a": 1, "b": 1, "tries of once": 2, "once": 1, "c": 1, "d": 1}


def test_a_poison_record_ends_in_the_queue_and_its_neighbours_go_through(cloud: Cloud, poll: Poll) -> None:
    """Bisected to a batch of one, tried three times, and then reported by its place in the stream."""
    numbers = put(cloud, "a", "b", "poison", "c", "d")
    poll()
    eventually(lambda: seen(cloud).keys() == {"a", "b", "c", "d"})
    eventually(lambda: sum(count.records_discarded for count in cloud.deliveries) == 1)
    (message,) = messages(cloud)
    assert message["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert message["responseContext"]["functionError"] == "Unhandled"
    assert message["KinesisBatchInfo"]["batchSize"] == 1
    assert message["KinesisBatchInfo"]["startSequenceNumber"] == numbers[2]
    assert message["KinesisBatchInfo"]["streamArn"].endswith(cloud.deployment.outputs["StreamName"])


def test_the_counts_add_up(cloud: Cloud, poll: Poll) -> None:
    """The status file tells what was read, delivered and discarded."""
    put(cloud, "a", "poison", "b")
    poll()
    eventually(lambda: cloud.deliveries and cloud.deliveries[0].records_discarded == 1)
    eventually(lambda: cloud.deliveries[0].records_delivered == 2)
    (counts,) = cloud.deliveries
    assert (counts.records_read, counts.records_waiting) == (3, 0)
    assert counts.stream == cloud.deployment.outputs["StreamName"]


def test_a_restarted_poller_repeats_nothing(cloud: Cloud, poll: Poll) -> None:
    """The first poller finishes its batch when it is stopped, and stores how far it came."""
    first = poll()
    put(cloud, "a", "b")
    eventually(lambda: len(seen(cloud)) == 2)
    first.stop()
    assert not first.identity.alive
    put(cloud, "c")
    poll()
    eventually(lambda: len(seen(cloud)) == 3)
    assert set(seen(cloud).values()) == {1}


def test_ministacks_own_mapping_is_off(cloud: Cloud) -> None:
    """Two readers would deliver each record twice: the parameter must reach the mapping as a boolean."""
    functions, outputs = cloud.client("lambda"), cloud.deployment.outputs
    ours = functions.get_event_source_mapping(UUID=outputs["MappingId"])
    control = functions.create_event_source_mapping(
        EventSourceArn=ours["EventSourceArn"],
        FunctionName=outputs["AnswerName"],
        StartingPosition="TRIM_HORIZON",
        Enabled=True,
    )
    put(cloud, "a")

    def last_result(uuid: str) -> str:
        return str(functions.get_event_source_mapping(UUID=uuid)["LastProcessingResult"])

    # MiniStack reads all its mappings in one round: once it has come by the control, it has come by ours.
    eventually(lambda: last_result(control["UUID"]) != "No records processed")
    functions.delete_event_source_mapping(UUID=control["UUID"])
    assert last_result(ours["UUID"]) == "No records processed"
    assert seen(cloud) == {}


def put(cloud: Cloud, *texts: str) -> list[str]:
    """Put records with one key into the stack's stream; their sequence numbers."""
    answer = cloud.client("kinesis").put_records(
        StreamName=cloud.deployment.outputs["StreamName"],
        Records=[{"Data": text.encode(), "PartitionKey": "k"} for text in texts],
    )
    return [record["SequenceNumber"] for record in answer["Records"]]


def seen(cloud: Cloud) -> dict[str, int]:
    """How often the function was done with each text."""
    items = cloud.client("dynamodb").scan(TableName=cloud.deployment.outputs["SeenTable"])["Items"]
    return {item["text"]["S"]: int(item["times"]["N"]) for item in items}


def messages(cloud: Cloud) -> list[dict[str, Any]]:
    """The messages in the stack's dead-letter queue."""
    url = cloud.deployment.outputs["DeadLettersUrl"]
    answer = cloud.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5)
    return [json.loads(message["Body"]) for message in answer.get("Messages", ())]
