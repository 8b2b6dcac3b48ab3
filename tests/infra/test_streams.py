"""What holds for everything that reads the log: no record is lost, and none holds up the others."""

from __future__ import annotations

import pytest

from infra.local.template import Template
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
def test_a_reader_loses_nothing_and_is_not_held_up(template: Template, name: str) -> None:
    """Partial batches, bisection, bounded retries and age, and a queue for what is given up."""
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
        "MaximumRetryAttempts": 10,
        "MaximumRecordAgeInSeconds": 86400,
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


def test_a_record_outlives_its_retries_and_its_redrive(template: Template) -> None:
    """A dead letter names a position: stream and queue must both still hold their part when somebody looks."""
    stream_hours = resources(template, "AWS::Kinesis::Stream")["EventsStream"]["RetentionPeriodHours"]
    for mapping in resources(template, "AWS::Lambda::EventSourceMapping").values():
        assert mapping["MaximumRecordAgeInSeconds"] * 7 <= stream_hours * 3600
    assert resources(template, "AWS::SQS::Queue")["DeadLetters"]["MessageRetentionPeriod"] == 14 * 86400
