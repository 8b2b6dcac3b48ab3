"""What is alarmed, and that the alarms hear of the right resources."""

from __future__ import annotations

from typing import Any

import pytest

from millstream_tools.cloud.local.template import Template
from tests.infra.cloudformation import caller_of, functions, resources

TOPIC = {"Fn::If": ["TopicGiven", {"Ref": "AlarmTopicArn"}, {"Ref": "AlarmTopic"}]}
"""The account's own topic where one is given."""


def called_by(template: Template, *callers: str) -> set[str]:
    """The functions that one of these calls."""
    return {name for name, function in functions(template).items() if caller_of(function) in callers}


def alarmed(alarms: Template) -> set[tuple[str, str]]:
    """(metric, parameter that fills its first dimension) of every alarm."""
    return {(alarm["MetricName"], alarm["Dimensions"][0]["Value"]["Ref"]) for alarm in of_aws(alarms)}


def of_aws(alarms: Template) -> list[Any]:
    """The alarms on metrics that AWS keeps."""
    found = resources(alarms, "AWS::CloudWatch::Alarm").values()
    return [alarm for alarm in found if alarm["Namespace"] != {"Ref": "MetricsNamespace"}]


def test_every_function_is_alarmed_for_errors(template: Template, alarms: Template) -> None:
    """A function that fails unseen is the first thing that goes wrong in production."""
    assert {("Errors", f"{name}Name") for name in called_by(template, "http", "stream")} <= alarmed(alarms)


def test_every_flow_is_alarmed_as_a_whole(template: Template, alarms: Template) -> None:
    """A step that fails is done again; what counts is how it ends."""
    told = template["Resources"]["Observability"]["Properties"]["Parameters"]
    for name in resources(template, "AWS::Serverless::StateMachine"):
        assert told[f"{name}Arn"] == {"Ref": name}
        for metric in ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"):
            assert (metric, f"{name}Arn") in alarmed(alarms)


def test_every_function_is_alarmed_when_lambda_holds_it_back(template: Template, alarms: Template) -> None:
    """Readers of the log fall behind, the others throttle."""
    assert {("IteratorAge", f"{name}Name") for name in called_by(template, "stream")} <= alarmed(alarms)
    assert {("Throttles", f"{name}Name") for name in called_by(template, "http")} <= alarmed(alarms)


@pytest.mark.parametrize(
    ("metric", "parameter"),
    [
        ("ApproximateNumberOfMessagesVisible", "DeadLettersName"),
        ("WriteProvisionedThroughputExceeded", "StreamName"),
        ("5XXError", "MillstreamStack"),
        ("4XXError", "MillstreamStack"),
        ("WriteThrottleEvents", "UsersTableName"),
        ("ReadThrottleEvents", "UsersTableName"),
        ("WriteThrottleEvents", "ItemsTableName"),
        ("ReadThrottleEvents", "ItemsTableName"),
        ("ReadThrottleEvents", "CatalogueTableName"),
        ("WriteThrottleEvents", "CatalogueTableName"),
    ],
)
def test_the_way_of_an_event_is_alarmed(alarms: Template, metric: str, parameter: str) -> None:
    """Door, log, views and dead letters."""
    assert (metric, parameter) in alarmed(alarms)


@pytest.mark.parametrize("metric", ["ReadThrottleEvents", "WriteThrottleEvents"])
def test_every_index_is_alarmed(template: Template, alarms: Template, metric: str) -> None:
    """A throttled index slows down the writes to its table, and its metrics are its own."""
    indexes = [
        (f"{name}Name", index["IndexName"])
        for name, table in resources(template, "AWS::DynamoDB::Table").items()
        for index in table.get("GlobalSecondaryIndexes", ())
    ]
    dimensions = [alarm["Dimensions"] for alarm in of_aws(alarms) if alarm["MetricName"] == metric]
    assert indexes
    for table, index in indexes:
        on_index = {"Name": "GlobalSecondaryIndexName", "Value": index}
        assert [{"Name": "TableName", "Value": {"Ref": table}}, on_index] in dimensions


def test_the_api_is_alarmed_under_the_name_that_it_has(template: Template, alarms: Template) -> None:
    """The metric's dimension is the API's name, so the name has to be the one that the alarm is told."""
    observability = template["Resources"]["Observability"]["Properties"]["Parameters"]
    api = template["Resources"]["Api"]["Properties"]
    assert api["Name"] == observability["MillstreamStack"]
    assert api["StageName"] == observability["ApiStage"]
    (alarm,) = (a for a in resources(alarms, "AWS::CloudWatch::Alarm").values() if a["MetricName"] == "5XXError")
    assert alarm["Dimensions"][1] == {"Name": "Stage", "Value": {"Ref": "ApiStage"}}


def test_a_deployment_may_go_without_alarms(template: Template) -> None:
    """They cost money, which a trial does not need to."""
    assert template["Resources"]["Observability"]["Condition"] == "AlarmsOn"


def test_every_alarm_tells_somebody_and_says_what_to_look_at(alarms: Template) -> None:
    """One plain metric each: metric math is refused by the local cloud, and a person cannot read it at night."""
    found = resources(alarms, "AWS::CloudWatch::Alarm")
    assert len({alarm["AlarmName"]["Fn::Sub"] for alarm in found.values()}) == len(found)
    for logical_id, alarm in found.items():
        assert alarm["AlarmActions"]["Fn::If"][:2] == ["SomebodyListens", [TOPIC]], logical_id
        assert alarm["AlarmDescription"].endswith("."), logical_id
        assert alarm["TreatMissingData"] == "notBreaching", logical_id
        assert "Metrics" not in alarm, logical_id


def test_alarm_messages_are_encrypted(alarms: Template) -> None:
    """They name the stack and its resources."""
    (topic,) = resources(alarms, "AWS::SNS::Topic").values()
    assert topic["KmsMasterKeyId"] == {"Ref": "EncryptionKeyArn"}
