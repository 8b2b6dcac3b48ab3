"""AWS's refusals in Millstream's words."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber

from millstream.adapters.aws.aws_errors import translate_aws_errors
from millstream.adapters.aws.backoff import FIRST_WAIT_S
from millstream.adapters.aws.kinesis_event_log import KinesisEventLog
from millstream.domain.errors import UnavailableError
from millstream.domain.log.positions import Position
from tests.hourglass import Hourglass


def refused_put(code: str, status: int) -> None:
    """Append to a stream whose service answers with this error."""
    client = boto3.client("kinesis")
    with Stubber(client) as stubber:
        stubber.add_client_error("put_record", code, "no", status)
        glass = Hourglass(FIRST_WAIT_S / 2)  # time for one attempt
        KinesisEventLog(client, "events", glass.attempts).append("key", b"data", glass)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ProvisionedThroughputExceededException", 400),
        ("KMSThrottlingException", 400),
        ("ThrottlingException", 400),
        ("LimitExceededException", 400),
        ("RequestLimitExceeded", 400),
        ("SlowDown", 503),
        ("InternalFailure", 500),
        ("SomethingNew", 500),
        ("SomethingNew", 503),
    ],
)
def test_what_may_succeed_later_is_unavailable(code: str, status: int) -> None:
    """It says what was tried, and AWS's own error is its cause."""
    with pytest.raises(UnavailableError, match="append to stream events") as refused:
        refused_put(code, status)
    assert isinstance(refused.value.__cause__, ClientError)


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException", "ValidationException"])
def test_what_will_never_succeed_stays_as_it_came(code: str) -> None:
    """A wrong stream or a missing permission must not look like a busy hour."""
    with pytest.raises(ClientError) as refused:
        refused_put(code, 400)
    assert refused.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://example.invalid"),
        ConnectTimeoutError(endpoint_url="https://example.invalid"),
        ReadTimeoutError(endpoint_url="https://example.invalid"),
    ],
)
def test_a_service_that_does_not_answer_is_unavailable(error: Exception) -> None:
    """Whether the connection or the answer was waited for."""
    with pytest.raises(UnavailableError, match="ask"), translate_aws_errors("ask"):
        raise error


def test_a_record_that_was_stored_has_a_position() -> None:
    """The shard and the sequence number of Kinesis's own answer."""
    client = boto3.client("kinesis")
    with Stubber(client) as stubber:
        stubber.add_response(
            "put_record",
            {"ShardId": "shardId-000000000003", "SequenceNumber": "4966438495032101234567890123456789012345678901"},
            {"StreamName": "events", "PartitionKey": "key", "Data": b"data"},
        )
        position = KinesisEventLog(client, "events").append("key", b"data")
    assert position == Position("shardId-000000000003", 4966438495032101234567890123456789012345678901)
