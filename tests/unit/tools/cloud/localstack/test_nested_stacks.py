"""Nested stacks, brought up to date after their root."""

from __future__ import annotations

from typing import Any

import pytest

from millstream_tools.cloud.local.stack import Stack
from millstream_tools.cloud.localstack import nested_stacks
from millstream_tools.cloud.localstack.nested_stacks import change_with_nested_stacks

ROOT = Stack("root", "http://cloud/root", {"Stage": "local"})


class FakeCloudFormation:
    """A root of a table and one nested stack."""

    def get_template(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """As boto3 answers for a template in JSON."""
        assert StackName == "root"
        flow = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "http://cloud/new-flow"}}
        return {"TemplateBody": {"Resources": {"Table": {"Type": "AWS::DynamoDB::Table"}, "Flow": flow}}}

    def describe_stack_resources(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """What stands."""
        assert StackName == "root"
        table = {"LogicalResourceId": "Table", "ResourceType": "AWS::DynamoDB::Table", "PhysicalResourceId": "t"}
        flow = {"LogicalResourceId": "Flow", "ResourceType": "AWS::CloudFormation::Stack", "PhysicalResourceId": "arn"}
        return {"StackResources": [table, flow]}

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """The nested one, with what it was told when it was created."""
        assert StackName == "arn"
        given = [{"ParameterKey": "TableName", "ParameterValue": "t"}]
        return {"Stacks": [{"StackName": "root-flow-1", "Parameters": given}]}


def test_a_nested_stack_gets_its_new_template_after_its_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """And keeps the values of its parameters."""
    changed: list[Stack] = []
    monkeypatch.setattr(nested_stacks, "change_by_change_set", lambda _client, stack, _deadline: changed.append(stack))
    change_with_nested_stacks(FakeCloudFormation(), ROOT, 0.0)
    assert changed == [ROOT, Stack("root-flow-1", "http://cloud/new-flow", {"TableName": "t"})]
