"""What holds for everything that reads the log: no record is skipped, and none that cannot be read holds up others."""

from __future__ import annotations

import pytest

from millstream_tools.cloud.local.template import Template
from tests.infra.cloudformation import functions, resources, statements

READERS = {"ProjectEvents": (1000, 0), "ArchiveEvents": (5000, 10)}
"""The functions that read the log, with batch size and window in seconds."""


def test_the_readers_of_the_log_are_known(template: Template) -> None:
    """A new reader has to be named here, and then every test below holds for it too."""
    mappings = resources(template, "AWS::Lambda::EventSourceMapping")
    assert {mapping["FunctionName"]["Ref"] for mapping in mappings.values()} == set(READERS)


def test_no_function_reads_a_stream_through_a_sam_event(template: Template) -> None:
    """SAM would attach AWSLambdaKinesisExecutionRole, which reads every stream in the account."""
    events = [event for function in functions(template).values() for event in function.get("Events", {}).values()]
    assert {event["Type"] for event in events} == {"Api"}


@pytest.mark.parametrize("name", READERS)
def test_a_reader_never_gives_up(template: Template, name: str) -> None:
    """Partial batches, bisection, retries without end, and a queue for what Lambda gives up all the same.

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html (-1 is infinite, for both)
    """
    mapping = resources(template, "AWS::Lambda::EventSourceMapping")[f"{name}Mapping"]
    batch_size, window = READERS[name]
    assert mapping == {
        "FunctionName": {"Ref": name},
        "EventSourceArn": {"Fn::GetAtt": ["EventsStream", "Arn"]},
        "Enabled": {"Fn::If": ["MappingsOn", True, False]},
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": batch_size,
        "MaximumBatchingWindowInSeconds": window,
        "ParallelizationFactor": 1,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": -1,
        "MaximumRecordAgeInSeconds": -1,
        "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}},
    }


@pytest.mark.parametrize("name", READERS)
def test_a_reader_may_do_what_the_poller_does_in_its_name(template: Template, name: str) -> None:
    """Lambda's poller reads the stream, opens the records and sends what it gives up with the function's role."""
    allowed = {
        (action, statement["Resource"]["Fn::GetAtt"][0])
        for statement in statements(functions(template)[name])
        if "Fn::GetAtt" in statement["Resource"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    reading = ("DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards")
    needed = {(f"kinesis:{action}", "EventsStream") for action in reading}
    needed |= {
        ("sqs:SendMessage", "DeadLetters"),
        ("kms:Decrypt", "EncryptionKey"),
        ("kms:GenerateDataKey", "EncryptionKey"),
    }
    assert needed <= allowed


def test_somebody_can_still_look_at_what_a_dead_letter_names(template: Template) -> None:
    """A dead letter names a position: stream and queue hold their parts for a week and for two."""
    assert resources(template, "AWS::Kinesis::Stream")["EventsStream"]["RetentionPeriodHours"] == 7 * 24
    assert resources(template, "AWS::SQS::Queue")["DeadLetters"]["MessageRetentionPeriod"] == 14 * 86400


def test_a_failure_that_lasts_is_told_long_before_the_stream_forgets(template: Template, alarms: Template) -> None:
    """Retries without end are silent: the age of what is being read is what an alarm can hear."""
    held_ms = resources(template, "AWS::Kinesis::Stream")["EventsStream"]["RetentionPeriodHours"] * 3_600_000
    ages = [one for one in resources(alarms, "AWS::CloudWatch::Alarm").values() if one["MetricName"] == "IteratorAge"]
    assert {age["Dimensions"][0]["Value"]["Ref"] for age in ages} == {f"{name}Name" for name in READERS}
    for age in ages:
        told_after_ms = age["Threshold"] + age["Period"] * age["EvaluationPeriods"] * 1_000
        assert told_after_ms * 100 < held_ms
        assert (age["Statistic"], age["ComparisonOperator"]) == ("Maximum", "GreaterThanOrEqualToThreshold")
        assert "tries for ever" in age["AlarmDescription"]
