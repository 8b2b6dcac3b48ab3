"""Update nested stacks. LocalStack 4.14.0 creates them but never updates them.

It reports UPDATE_COMPLETE anyway; only its log has `Unable to update resource type "AWS::CloudFormation::Stack"`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from millstream_tools.cloud.local.stack import Stack
from millstream_tools.cloud.localstack.change_set import change_by_change_set

NESTED = "AWS::CloudFormation::Stack"


def change_with_nested_stacks(client: Any, stack: Stack, deadline: float) -> None:
    """Create or update the stack, then its nested stacks. Raises DeploymentError with the failed resources."""
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
