"""When a batch is made: order, lanes, batch size, window and payload."""

from __future__ import annotations

import pytest

from millstream_tools.cloud.local.poller import lane
from tests.unit.tools.cloud.local.fakes import World


def test_records_of_a_shard_arrive_in_order() -> None:
    """ "Lambda processes records in each shard in order."

    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    """
    world = World(batch_size=2)
    world.put("a", "b", "c", "d", "e")
    world.pass_time(1)
    assert world.function.batches == [["a", "b"], ["c", "d"], ["e"]]


@pytest.mark.parametrize("quiet_s", [0.0, 20.0])
def test_a_poller_may_read_as_rarely_as_that_of_aws(quiet_s: float) -> None:
    """ "Lambda polls each shard in your Kinesis stream for records at a base rate of once per second."

    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    """
    world = World(batch_size=10, read_every=1.0)
    world.pass_time(0.05 + quiet_s)
    world.put("a")
    world.pass_time(0.85)
    assert world.function.batches == []
    world.pass_time(0.25)
    assert world.function.batches == [["a"]]


def test_a_shard_has_one_batch_under_way_at_a_time() -> None:
    """ "It processes one batch of records at a time from each shard."

    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    """
    world = World(batch_size=1)
    world.hold = True
    world.put("a", "b")
    world.pass_time(1)
    assert world.function.batches == [["a"]]
    world.release()
    world.pass_time(0.1)
    assert world.function.batches == [["a"], ["b"]]


def test_a_parallelisation_factor_runs_partition_keys_side_by_side_and_keeps_each_key_in_order() -> None:
    """ "in-order processing is still guaranteed for each partition key, but the event source mapping simultaneously
    processes multiple partition keys in the same shard".

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
    """
    world = World(batch_size=1, parallelization_factor=10)
    world.hold = True
    keys = [f"user-{number}" for number in range(6)]
    for text in ("1", "2"):
        for key in keys:
            world.put(f"{key}:{text}", key=key)
    world.pass_time(0.2)
    under_way = [batch[0] for batch in world.function.batches]
    assert len(under_way) > 1, "several lanes work at once"
    assert len({text.split(":")[0] for text in under_way}) == len(under_way)
    for _ in range(12):
        world.release()
        world.pass_time(0.1)
    for key in keys:
        seen = [text for batch in world.function.batches for text in batch if text.startswith(f"{key}:")]
        assert seen == [f"{key}:1", f"{key}:2"]


def test_without_a_window_records_go_at_once() -> None:
    """ "The default batching window is 0 seconds. This means that Lambda sends batches to your function as quickly as
    possible."

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
    """
    world = World(batch_size=100)
    world.put("a")
    world.pass_time(0.05)
    assert world.function.batches == [["a"]]


def test_a_window_gathers_until_it_is_over() -> None:
    """ "Lambda invokes your function when one of the following three criteria is met: The batching window reaches its
    maximum value [...]".

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
    """
    world = World(batch_size=100, window=2.0)
    world.pass_time(0.1)
    world.put("a")
    world.pass_time(1.0)
    world.put("b")
    world.pass_time(0.8)
    assert world.function.batches == []
    world.pass_time(0.2)
    assert world.function.batches == [["a", "b"]]


def test_the_next_window_opens_when_the_function_has_answered() -> None:
    """ "the next batching window begins as soon as the previous function invocation completes".

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
    """
    world = World(batch_size=2, window=2.0)
    world.hold = True
    world.put("a", "b", "c")
    world.pass_time(5.0)
    assert world.function.batches == [["a", "b"]], "the first batch is full and under way"
    world.release()
    world.pass_time(1.9)
    assert world.function.batches == [["a", "b"]]
    world.pass_time(0.2)
    assert world.function.batches == [["a", "b"], ["c"]]


def test_a_full_batch_does_not_wait_for_its_window() -> None:
    """ "The batch size is met."

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
    """
    world = World(batch_size=2, window=60.0)
    world.put("a", "b", "c")
    world.pass_time(0.1)
    assert world.function.batches == [["a", "b"]]


def test_a_batch_of_six_megabytes_does_not_wait_for_its_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """ "The payload size reaches 6 MB. You cannot modify this limit."

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
    """
    assert lane.PAYLOAD_LIMIT == 6 * 1024 * 1024
    monkeypatch.setattr(lane, "PAYLOAD_LIMIT", 2000)
    world = World(batch_size=100, window=60.0)
    world.put("a" * 600, "b" * 600, "c" * 600)
    world.pass_time(0.1)
    # Two of them are over the limit together: the first two go alone, and the last one waits for its window.
    assert world.function.batches == [["a" * 600], ["b" * 600]]


def test_the_developer_may_cap_the_window() -> None:
    """`--max-window` is ours, not AWS's: a window saves invocations, which cost nothing on a laptop."""
    world = World(batch_size=100, window=10.0, max_window=0.2)
    world.put("a")
    world.pass_time(0.3)
    assert world.function.batches == [["a"]]


def test_the_event_has_lambdas_shape() -> None:
    """The example event of the page, field by field.

    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    """
    world = World()
    (number,) = world.put("Hello, this is a test.", key="1")
    world.pass_time(0.1)
    assert world.function.events == [
        {
            "Records": [
                {
                    "kinesis": {
                        "kinesisSchemaVersion": "1.0",
                        "partitionKey": "1",
                        "sequenceNumber": number,
                        "data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
                        "approximateArrivalTimestamp": 1_700_000_000.0,
                    },
                    "eventSource": "aws:kinesis",
                    "eventVersion": "1.0",
                    "eventID": f"shardId-0:{number}",
                    "eventName": "aws:kinesis:record",
                    "invokeIdentityArn": "arn:aws:iam::123456789012:role/project",
                    "awsRegion": "eu-west-1",
                    "eventSourceARN": "arn:aws:kinesis:eu-west-1:123456789012:stream/Events",
                }
            ]
        }
    ]
