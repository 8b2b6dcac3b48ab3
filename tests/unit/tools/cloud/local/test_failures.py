"""What follows from a failed invocation: retries, checkpoints, bisection, discards.

One file, however long: each rule is told by how it meets the others.
"""

from __future__ import annotations

from typing import Any

import pytest

from millstream_tools.cloud.local.poller.backoff import Backoff
from tests.unit.tools.cloud.local.fakes import FUNCTION, STREAM, World, failing_on, reporting

LONG = 60.0


def test_a_function_error_retries_the_whole_batch() -> None:
    """ "By default, if your function returns an error, the event source mapping reprocesses the entire batch".

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
    """
    world = World(maximum_retries=2)
    world.function.handler = failing_on("b")
    world.put("a", "b", "c")
    world.pass_time(LONG)
    assert world.function.batches == [["a", "b", "c"]] * 3


def test_retries_are_those_after_the_first_attempt() -> None:
    """ "Retry attempts – The maximum number of times that Lambda retries when the function returns an error."

    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    """
    world = World(maximum_retries=0)
    world.function.handler = failing_on("a")
    world.put("a")
    world.pass_time(LONG)
    assert world.function.batches == [["a"]]
    assert len(world.queue.messages) == 1


def test_an_unlimited_mapping_keeps_trying() -> None:
    """ "-1 means infinite: failed records are retried until the record expires".

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
    """
    world = World()
    world.function.handler = failing_on("a")
    world.put("a")
    world.pass_time(LONG)
    assert len(world.function.batches) > 50
    assert world.queue.messages == []


def test_a_failing_batch_holds_back_its_lane() -> None:
    """ "To ensure in-order processing, the event source mapping pauses processing for the affected shard until the
    error is resolved."

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
    """
    world = World(batch_size=1)
    world.function.handler = failing_on("a")
    world.put("a", "b")
    world.pass_time(5)
    assert ["b"] not in world.function.batches
    world.function.handler = failing_on("nothing")
    world.pass_time(5)
    assert world.function.batches[-2:] == [["a"], ["b"]]


def test_retries_wait_longer_each_time_up_to_a_cap() -> None:
    """AWS publishes no waiting times for a stream's retries; exponential with a cap is its own advice for retries.

    https://docs.aws.amazon.com/general/latest/gr/api-retries.html
    """
    backoff = Backoff(first=0.1, cap=1.0)
    assert [backoff.delay(n) for n in (1, 2, 3, 4, 5, 5000)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    world = World()
    world.function.handler = failing_on("a")
    world.put("a")
    world.pass_time(0.04, step=0.01)
    assert len(world.function.batches) == 1
    world.pass_time(0.02, step=0.01)
    assert len(world.function.batches) == 2
    world.pass_time(0.08, step=0.01)
    assert len(world.function.batches) == 2


def test_a_report_keeps_what_went_before_the_first_failure() -> None:
    """ "If the batchItemFailures array contains multiple items, Lambda uses the record with the lowest sequence number
    as the checkpoint. Lambda then retries all records starting from that checkpoint."

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
    """
    world = World(reports_item_failures=True, maximum_retries=1)

    def handler(texts: list[str], numbers: list[str]) -> dict[str, Any]:
        failed = [n for t, n in zip(texts, numbers, strict=True) if t in ("c", "e")]
        return {"batchItemFailures": [{"itemIdentifier": number} for number in reversed(failed)]}

    world.function.handler = handler
    world.put("a", "b", "c", "d", "e")
    world.pass_time(1)
    assert world.function.batches[:2] == [["a", "b", "c", "d", "e"], ["c", "d", "e"]]


def test_sequence_numbers_are_compared_as_places_in_the_batch_not_as_text() -> None:
    """The lowest of "99" and "100" is 99, though "100" sorts before it as text.

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
    """
    world = World(reports_item_failures=True, maximum_retries=0)
    world.stream.next_number = 98
    world.function.handler = reporting("b")
    world.put("a", "b", "c")
    world.pass_time(1)
    assert world.queue.messages[0]["KinesisBatchInfo"]["startSequenceNumber"] == "99"


def test_a_report_may_leave_out_leading_zeros() -> None:
    """MiniStack's sequence numbers have them and AWS's have not; a function that reads them as numbers loses them."""
    world = World(reports_item_failures=True, maximum_retries=1)
    world.stream.digits = 30
    world.function.handler = lambda _texts, _numbers: {"batchItemFailures": [{"itemIdentifier": "101"}]}
    world.put("a", "b", "c")
    world.pass_time(0.04)
    assert world.delivery.counters.records_delivered == 1
    assert world.function.batches == [["a", "b", "c"]]


@pytest.mark.parametrize("answer", [None, {}, [], "", {"batchItemFailures": []}, {"batchItemFailures": None}], ids=repr)
def test_an_empty_report_is_a_success(answer: object) -> None:
    """ "Lambda treats a batch as a complete success if you return any of the following: An empty batchItemFailure list,
    a null batchItemFailure list, an empty EventResponse, a null EventResponse".

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
    """
    world = World(reports_item_failures=True, maximum_retries=0)
    world.function.handler = lambda _texts, _numbers: answer
    world.put("a")
    world.pass_time(1)
    assert world.delivery.counters.records_delivered == 1
    assert world.queue.messages == []


@pytest.mark.parametrize(
    "failure", [{"itemIdentifier": ""}, {"itemIdentifier": None}, {"foo": "100"}, {"itemIdentifier": "7"}], ids=repr
)
def test_a_report_that_names_no_record_of_the_batch_fails_all_of_it(failure: object) -> None:
    """ "Lambda treats a batch as a complete failure if you return any of the following: An empty string itemIdentifier,
    a null itemIdentifier, an itemIdentifier with a bad key name".

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
    """
    world = World(reports_item_failures=True, maximum_retries=0)
    world.function.handler = lambda _texts, _numbers: {"batchItemFailures": [failure]}
    world.put("a", "b")
    world.pass_time(1)
    assert world.delivery.counters.records_delivered == 0
    assert world.queue.messages[0]["KinesisBatchInfo"]["batchSize"] == 2


def test_a_report_counts_only_when_the_mapping_asks_for_it() -> None:
    """ "Even when your function code returns partial batch failure responses, these responses will not be processed by
    Lambda unless the ReportBatchItemFailures feature is explicitly turned on".

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
    """
    world = World(reports_item_failures=False)
    world.function.handler = reporting("a")
    world.put("a", "b")
    world.pass_time(1)
    assert world.function.batches == [["a", "b"]]


def test_bisection_isolates_a_poison_record_and_its_neighbours_go_through() -> None:
    """ "BisectBatchOnFunctionError, which splits a failed batch into two smaller batches, isolating bad records".

    https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    world = World(bisects=True, maximum_retries=2)
    world.function.handler = failing_on("d")
    texts = list("abcdefgh")
    numbers = dict(zip(texts, world.put(*texts), strict=True))
    world.pass_time(LONG)
    assert [m["KinesisBatchInfo"]["startSequenceNumber"] for m in world.queue.messages] == [numbers["d"]]
    assert [m["KinesisBatchInfo"]["batchSize"] for m in world.queue.messages] == [1]
    done = [text for batch in world.function.batches if "d" not in batch for text in batch]
    assert done == list("abcefgh")


def test_splitting_a_batch_costs_no_retry() -> None:
    """ "Splitting batches doesn't consume the retry quota."

    https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    world = World(bisects=True, maximum_retries=2)
    world.function.handler = failing_on("a")
    world.put("a", "b", "c", "d")
    world.pass_time(LONG)
    # Two splits, then the record alone: once, and two retries.
    assert world.function.batches == [["a", "b", "c", "d"], ["a", "b"], ["a"], ["a"], ["a"], ["b"], ["c", "d"]]


def test_with_reports_a_batch_is_split_at_the_reported_record() -> None:
    """ "the batch is bisected at the returned sequence number and Lambda retries only the remaining records".

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
    """
    world = World(bisects=True, reports_item_failures=True, maximum_retries=1)
    world.function.handler = reporting("c")
    world.put("a", "b", "c", "d", "e")
    world.pass_time(LONG)
    assert world.function.batches[:2] == [["a", "b", "c", "d", "e"], ["c", "d", "e"]]
    # Nothing of ["c", "d", "e"] was done: that is a failed invocation, which is split in the middle.
    assert world.function.batches[2:] == [["c"], ["c"], ["d", "e"]]
    assert world.queue.messages[0]["KinesisBatchInfo"]["batchSize"] == 1


def test_a_throttled_function_costs_no_retry() -> None:
    """ "This doesn't apply to service errors or throttles where the batch didn't reach the function."

    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    """
    world = World(maximum_retries=0)
    world.function.throttles = 20
    world.put("a")
    world.pass_time(LONG)
    assert world.function.batches == [["a"]]
    assert world.queue.messages == []
    assert world.delivery.counters.invocations == 1


def test_records_that_are_too_old_are_discarded_and_younger_ones_go_on() -> None:
    """ "Maximum age of record – The maximum age of a record that Lambda sends to your function."

    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    """
    world = World(maximum_record_age=60)
    old = world.put("old", "older")
    world.clock.seconds += 50
    world.put("young")
    world.clock.seconds += 20
    world.pass_time(1)
    assert world.function.batches == [["young"]]
    (message,) = world.queue.messages
    assert message["requestContext"]["condition"] == "RecordAgeExceeded"
    assert message["requestContext"]["approximateInvokeCount"] == 0
    assert message["KinesisBatchInfo"]["startSequenceNumber"] == old[0]
    assert message["KinesisBatchInfo"]["endSequenceNumber"] == old[1]
    assert "responseContext" not in message


def test_a_batch_that_grows_too_old_while_it_is_retried_is_discarded() -> None:
    """ "Lambda retries until the records expire, exceed the maximum age, or reach the configured retry quota".

    https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    world = World(maximum_record_age=60)
    world.function.handler = failing_on("a")
    world.put("a")
    world.pass_time(70)
    (message,) = world.queue.messages
    assert message["requestContext"]["condition"] == "RecordAgeExceeded"
    assert message["requestContext"]["approximateInvokeCount"] == len(world.function.batches) > 10


def test_the_on_failure_message_has_awss_shape() -> None:
    """The example invocation record of the page, field by field.

    https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    world = World(maximum_retries=0)
    world.function.handler = failing_on("b")
    first, second = world.put("a", "b")
    world.pass_time(1)
    (message,) = world.queue.messages
    request_id = message["requestContext"].pop("requestId")
    assert len(request_id) == 36
    assert message == {
        "requestContext": {"functionArn": FUNCTION, "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2023-11-14T22:13:20.000Z",
        "KinesisBatchInfo": {
            "shardId": "shardId-0",
            "startSequenceNumber": first,
            "endSequenceNumber": second,
            "approximateArrivalOfFirstRecord": "2023-11-14T22:13:20.000Z",
            "approximateArrivalOfLastRecord": "2023-11-14T22:13:20.000Z",
            "batchSize": 2,
            "streamArn": STREAM,
        },
    }


def test_after_a_discard_the_shard_goes_on() -> None:
    """ "If the error handling measures fail, Lambda discards the records and continues processing batches from the
    stream."

    https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    world = World(batch_size=1, maximum_retries=1)
    world.function.handler = failing_on("a")
    world.put("a", "b")
    world.pass_time(LONG)
    assert world.function.batches == [["a"], ["a"], ["b"]]


def test_a_mapping_without_a_destination_discards_too() -> None:
    """The on-failure destination is optional; the records are discarded all the same.

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
    """
    world = World(maximum_retries=0, on_failure_arn="")
    world.function.handler = failing_on("a")
    world.put("a")
    world.pass_time(1)
    assert world.delivery.counters.records_discarded == 1
    assert world.queue.messages == []
