"""Changes a stack by a change set, without which LocalStack does not expand the SAM transform."""

from __future__ import annotations

import time
import uuid
from typing import Any

from botocore.exceptions import ClientError

from millstream_tools.cloud.local.stack import DeploymentError, Stack, can_be_updated, wait_until_complete

# AWS says this in the reason of a change set that failed because there was nothing to do.
NOTHING_CHANGED = ("didn't contain changes", "No updates are to be performed")


def change_by_change_set(client: Any, stack: Stack, deadline: float) -> None:
    """Create or update the stack; no changes is a success. Raises DeploymentError with the failed resources.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
    """
    kind = "UPDATE" if can_be_updated(client, stack.name, deadline) else "CREATE"
    name = f"millstream-{uuid.uuid4().hex}"
    try:
        made = client.create_change_set(ChangeSetName=name, ChangeSetType=kind, **stack.arguments)
    except ClientError as error:
        raise DeploymentError(f"stack {stack.name} was rejected: {error}") from error
    if _is_worth_executing(client, made["Id"], stack.name, deadline):
        client.execute_change_set(ChangeSetName=made["Id"])
        wait_until_complete(client, stack.name, deadline)


def _is_worth_executing(client: Any, change_set: str, stack: str, deadline: float) -> bool:
    """Wait for the change set; False when there is nothing to change."""
    while (found := client.describe_change_set(ChangeSetName=change_set))["Status"].endswith(("PENDING", "PROGRESS")):
        if time.monotonic() > deadline:
            raise DeploymentError(f"stack {stack}: its change set is still {found['Status']} after its deadline")
        time.sleep(0.05)
    reason = found.get("StatusReason", "no reason")
    if found["Status"] == "FAILED" and not any(words in reason for words in NOTHING_CHANGED):
        raise DeploymentError(f"stack {stack}: its change set failed: {reason}")
    return str(found["Status"]) == "CREATE_COMPLETE"
