"""Create or update a stack, and report why it failed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from millstream_tools.explained import ExplainedError

CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
# A stack in one of these cannot be updated: its first creation failed.
NEVER_CREATED = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS")
GONE = ("", "DELETE_COMPLETE")
COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


class DeploymentError(ExplainedError):
    """The stack could not be created or updated; the message lists what failed and why."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The desired stack: its name, the URL of its template, its parameters."""

    name: str
    template_url: str
    parameters: Mapping[str, str]

    @property
    def arguments(self) -> dict[str, Any]:
        """The common arguments of CreateStack, UpdateStack and CreateChangeSet."""
        return {
            "StackName": self.name,
            "TemplateURL": self.template_url,
            "Capabilities": list(CAPABILITIES),
            "Parameters": [{"ParameterKey": name, "ParameterValue": self.parameters[name]} for name in self.parameters],
        }


def create_or_update(client: Any, stack: Stack, deadline: float) -> None:
    """Create or update the stack; no changes is a success. Raises DeploymentError with the failed resources."""
    exists = can_be_updated(client, stack.name, deadline)
    try:
        (client.update_stack if exists else client.create_stack)(**stack.arguments)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return
        raise DeploymentError(f"stack {stack.name} was rejected: {error}") from error
    wait_until_complete(client, stack.name, deadline)


def can_be_updated(client: Any, stack: str, deadline: float) -> bool:
    """Whether the stack exists; one whose creation failed is deleted first."""
    status = _status(client, stack)
    if status in NEVER_CREATED:
        _delete(client, stack, deadline)
        return False
    return status not in GONE


def wait_until_complete(client: Any, stack: str, deadline: float) -> None:
    """Wait until the stack is complete. Raises DeploymentError with the failed resources."""
    ended = _wait(client, stack, deadline)
    if ended not in COMPLETE:
        raise DeploymentError(f"stack {stack} ended as {ended}:\n{_failures(client, stack)}")


def _delete(client: Any, stack: str, deadline: float) -> None:
    client.delete_stack(StackName=stack)
    # The old status may be seen for a moment yet: deleting goes on after DeleteStack has answered.
    while (status := _status(client, stack)) not in GONE:
        if status == "DELETE_FAILED" or time.monotonic() > deadline:
            raise DeploymentError(
                f"the creation of stack {stack} failed and it could not be deleted ({status}); "
                f"restart the local cloud to remove it:\n{_failures(client, stack)}"
            )
        time.sleep(0.05)


def _status(client: Any, stack: str) -> str:
    """The stack's status; empty when there is no such stack."""
    try:
        return str(client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])
    except ClientError as error:
        if "does not exist" in str(error):
            return ""
        raise


def _wait(client: Any, stack: str, deadline: float) -> str:
    while (status := _status(client, stack)).endswith("_IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise DeploymentError(f"stack {stack} is still {status} after its deadline")
        time.sleep(0.05)
    return status


def _failures(client: Any, stack: str) -> str:
    events = client.describe_stack_events(StackName=stack)["StackEvents"]
    lines = [
        f"  {event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', 'no reason')}"
        for event in events
        if event["ResourceStatus"].endswith("FAILED")
    ]
    return "\n".join(dict.fromkeys(reversed(lines))) or "  no reason given"
