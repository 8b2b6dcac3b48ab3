"""Event source mappings: what of AWS's settings the poller takes, and what it refuses by name."""

from __future__ import annotations

import pytest

from millstream_tools.cloud.local.poller.mapping import EventSourceMapping, UnsupportedMappingError, mapping_from_api
from tests.unit.tools.cloud.local.fakes import FUNCTION, STREAM


def test_a_mapping_says_what_the_poller_does_not_do() -> None:
    """An unsupported setting is refused by name, not ignored."""
    answer = {"UUID": "m", "FunctionArn": "f", "EventSourceArn": "s"}
    with pytest.raises(UnsupportedMappingError, match="DestinationConfig.OnFailure.*SQS.*arn:aws:sns"):
        mapping_from_api({**answer, "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sns:eu:1:topic"}}})
    with pytest.raises(UnsupportedMappingError, match="TumblingWindowInSeconds of mapping m: .* got 30"):
        mapping_from_api({**answer, "TumblingWindowInSeconds": 30})
    with pytest.raises(UnsupportedMappingError, match="FilterCriteria of mapping m"):
        mapping_from_api({**answer, "FilterCriteria": {"Filters": [{"Pattern": "{}"}]}})


def test_a_mapping_is_read_as_lambdas_api_tells_it() -> None:
    """The answer that MiniStack gave for a template with every setting."""
    mapping = mapping_from_api(
        {
            "UUID": "m",
            "FunctionArn": "arn:aws:lambda:eu-west-1:000000000001:function:project:live",
            "EventSourceArn": "arn:aws:kinesis:eu-west-1:000000000001:stream/Events",
            "BatchSize": 1000,
            "MaximumBatchingWindowInSeconds": 1,
            "ParallelizationFactor": 2,
            "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:eu-west-1:000000000001:DeadLetters"}},
            "MaximumRecordAgeInSeconds": 86400,
            "BisectBatchOnFunctionError": True,
            "MaximumRetryAttempts": 10,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "StartingPosition": "TRIM_HORIZON",
        },
        role_arn="arn:aws:iam::000000000001:role/project",
    )
    assert mapping == EventSourceMapping(
        uuid="m",
        function_arn="arn:aws:lambda:eu-west-1:000000000001:function:project:live",
        stream_arn="arn:aws:kinesis:eu-west-1:000000000001:stream/Events",
        role_arn="arn:aws:iam::000000000001:role/project",
        batch_size=1000,
        window=1.0,
        parallelization_factor=2,
        reports_item_failures=True,
        bisects=True,
        maximum_retries=10,
        maximum_record_age=86400,
        on_failure_arn="arn:aws:sqs:eu-west-1:000000000001:DeadLetters",
        starting_position="TRIM_HORIZON",
    )
    assert (mapping.function_name, mapping.region) == ("project", "eu-west-1")


def test_a_mapping_that_says_little_has_awss_defaults() -> None:
    """Batches of 100, no window, one lane, no reports, no bisection, no limits.

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
    """
    little = mapping_from_api({"UUID": "m", "FunctionArn": FUNCTION, "EventSourceArn": STREAM})
    assert little == EventSourceMapping("m", FUNCTION, STREAM)
    assert (little.batch_size, little.window, little.parallelization_factor) == (100, 0.0, 1)
    assert (little.reports_item_failures, little.bisects) == (False, False)
    assert (little.maximum_retries, little.maximum_record_age) == (-1, -1)
