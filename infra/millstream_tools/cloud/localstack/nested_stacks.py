"""Brings nested stacks up to date. LocalStack 4.14.0 creates them and from then on leaves them as they are.

It says UPDATE_COMPLETE all the same; only its log has `Unable to update resource type "AWS::CloudFormation::Stack"`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from millstream_tools.cloud.local.stack import Stack
from millstream_tools.cloud.localstack.change_set import change_by_change_set

NESTED = "AWS::CloudFormation::Stack"


def change_with_nested_stacks(client: Any, stack: Stack, deadline: float) -> None:
    """Make the stack so, and then those that it nests. Raises DeploymentError with what failed."""
    change_by_change_set(client, stack, deadline)
    for nested in _nested(client, stack):
        change_by_change_set(client, nested, deadline)


def _nested(client: Any, stack: Stack) -> Iterator[Stack]:
    """Each nested stack with its template as it is now. A parameter keeps the value with which it was created."""
    template = client.get_template(StackName=stack.name)["TemplateBody"]
    for resource in client.describe_stack_resources(StackName=stack.name)["StackResources"]:
        if resource["ResourceType"] == NESTED:
            found = client.describe_stacks(StackName=resource["PhysicalResourceId"])["Stacks"][0]
            given = {one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", ())}
            url = template["Resources"][resource["LogicalResourceId"]]["Properties"]["TemplateURL"]
            yield Stack(found["StackName"], url, given)
