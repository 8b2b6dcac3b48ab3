"""The settings of a Kinesis event source mapping."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass
from typing import Any

from millstream_tools.explained import ExplainedError

NO_LIMIT = -1


class UnsupportedMappingError(ExplainedError):
    """A mapping uses a feature that the local poller does not support; the message names the field."""


@dataclass(frozen=True, slots=True)
class EventSourceMapping:
    """The settings of one mapping; names and defaults as in Lambda's API, times in seconds.

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
    """

    uuid: str
    function_arn: str
    stream_arn: str
    role_arn: str = ""
    batch_size: int = 100
    window: float = 0.0
    parallelization_factor: int = 1
    reports_item_failures: bool = False
    bisects: bool = False
    maximum_retries: int = NO_LIMIT
    maximum_record_age: int = NO_LIMIT
    on_failure_arn: str = ""
    starting_position: str = "TRIM_HORIZON"
    starting_timestamp: float = 0.0

    @property
    def function_name(self) -> str:
        """The function's name without account, region or alias."""
        return self.function_arn.split(":")[6]

    @property
    def region(self) -> str:
        """The stream's region: AWS puts it into every record."""
        return self.stream_arn.split(":")[3]


def mapping_from_api(answer: Dict[str, Any], role_arn: str = "") -> EventSourceMapping:
    """Read one answer of Lambda's GetEventSourceMapping; raises UnsupportedMappingError."""
    destination = answer.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "")
    if destination and ":sqs:" not in destination:
        raise UnsupportedMappingError(
            f"DestinationConfig.OnFailure of mapping {answer['UUID']}: expected an SQS queue's ARN, got {destination}"
        )
    for field in ("TumblingWindowInSeconds", "FilterCriteria"):
        if answer.get(field):
            raise UnsupportedMappingError(f"{field} of mapping {answer['UUID']}: expected none, got {answer[field]}")
    timestamp = answer.get("StartingPositionTimestamp")
    return EventSourceMapping(
        uuid=answer["UUID"],
        function_arn=answer["FunctionArn"],
        stream_arn=answer["EventSourceArn"],
        role_arn=role_arn,
        batch_size=int(answer.get("BatchSize", 100)),
        window=float(answer.get("MaximumBatchingWindowInSeconds", 0)),
        parallelization_factor=int(answer.get("ParallelizationFactor", 1)),
        reports_item_failures="ReportBatchItemFailures" in (answer.get("FunctionResponseTypes") or ()),
        bisects=bool(answer.get("BisectBatchOnFunctionError", False)),
        maximum_retries=int(answer.get("MaximumRetryAttempts", NO_LIMIT)),
        maximum_record_age=int(answer.get("MaximumRecordAgeInSeconds", NO_LIMIT)),
        on_failure_arn=destination,
        starting_position=answer.get("StartingPosition", "TRIM_HORIZON"),
        starting_timestamp=timestamp.timestamp() if timestamp else 0.0,
    )
