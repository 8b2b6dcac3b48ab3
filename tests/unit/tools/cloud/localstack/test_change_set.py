"""A stack changed by a change set, told by a CloudFormation that answers as the test says."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from millstream_tools.cloud.local.stack import DeploymentError, Stack
from millstream_tools.cloud.localstack.change_set import change_by_change_set

STACK = Stack("millstream", "http://cloud/template", {"Stage": "local"})


class FakeCloudFormation:
    """Answers DescribeStacks and DescribeChangeSet from lists, the last answer again and again; notes the rest."""

    def __init__(self, stack: list[str], change_set: list[tuple[str, str]]) -> None:
        self.stack, self.change_set = stack, change_set
        self.calls: list[str] = []
        self.refuses = ""

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """The next status; an empty one means that there is no such stack."""
        status = next_of(self.stack)
        if not status:
            raise error(f"Stack with id {StackName} does not exist")
        return {"Stacks": [{"StackStatus": status}]}

    def create_change_set(self, ChangeSetType: str, **arguments: Any) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """Noted with its type."""
        if self.refuses:
            raise error(self.refuses)
        assert {name: arguments[name] for name in STACK.arguments} == STACK.arguments
        self.calls.append(ChangeSetType)
        return {"Id": "arn:change-set"}

    def describe_change_set(self, ChangeSetName: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """The next status and reason."""
        assert ChangeSetName == "arn:change-set"
        status, reason = next_of(self.change_set)
        return {"Status": status, "StatusReason": reason}

    def execute_change_set(self, ChangeSetName: str) -> None:  # noqa: N803 - AWS's name
        """Noted."""
        self.calls.append(f"execute {ChangeSetName}")

    def delete_stack(self, StackName: str) -> None:  # noqa: N803 - AWS's name
        """Noted."""
        self.calls.append(f"delete {StackName}")

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """One resource failed."""
        assert StackName == "millstream"
        failed = {"LogicalResourceId": "Api", "ResourceType": "AWS::ApiGateway::RestApi"}
        return {"StackEvents": [failed | {"ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": "no room"}]}


def next_of(answers: list[Any]) -> Any:
    """The next answer, or the last one."""
    return answers.pop(0) if len(answers) > 1 else answers[0]


def error(message: str) -> ClientError:
    """What botocore raises."""
    return ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "Anything")


def change(client: FakeCloudFormation, patience: float = 10.0) -> list[str]:
    """Change the stack; what was called."""
    change_by_change_set(client, STACK, time.monotonic() + patience)
    return client.calls


READY = [("CREATE_PENDING", ""), ("CREATE_IN_PROGRESS", ""), ("CREATE_COMPLETE", "")]


def test_a_stack_that_is_not_there_is_created() -> None:
    """The change set is awaited, executed, and the stack is awaited."""
    client = FakeCloudFormation(["", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"], READY)
    assert change(client) == ["CREATE", "execute arn:change-set"]


def test_a_stack_that_stands_is_updated() -> None:
    """The same way."""
    client = FakeCloudFormation(["UPDATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"], READY)
    assert change(client) == ["UPDATE", "execute arn:change-set"]


@pytest.mark.parametrize(
    "reason",
    [
        "The submitted information didn't contain changes. Submit different information to create a change set.",
        "No updates are to be performed.",
    ],
)
def test_that_nothing_has_changed_is_a_success(reason: str) -> None:
    """CloudFormation calls such a change set failed."""
    assert change(FakeCloudFormation(["CREATE_COMPLETE"], [("FAILED", reason)])) == ["UPDATE"]


def test_a_stack_that_was_never_created_whole_is_deleted_first() -> None:
    """It cannot be updated; its old status is seen for a moment after it is asked to go."""
    statuses = ["ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE", "DELETE_IN_PROGRESS", "", "CREATE_COMPLETE"]
    assert change(FakeCloudFormation(statuses, READY)) == ["delete millstream", "CREATE", "execute arn:change-set"]


def test_a_stack_that_cannot_be_deleted_is_told_with_what_holds_it() -> None:
    """LocalStack cannot take back a stack that it has half made; starting it anew can."""
    client = FakeCloudFormation(["ROLLBACK_COMPLETE", "DELETE_FAILED"], READY)
    with pytest.raises(DeploymentError, match=r"(?s)could not be deleted \(DELETE_FAILED\).*Api .*: no room"):
        change(client)


def test_a_change_set_that_fails_says_why() -> None:
    """It is not executed."""
    client = FakeCloudFormation(["CREATE_COMPLETE"], [("FAILED", "Transform failed")])
    with pytest.raises(DeploymentError, match="its change set failed: Transform failed"):
        change(client)
    assert client.calls == ["UPDATE"]


def test_a_change_set_that_is_refused_says_why() -> None:
    """CloudFormation's own words."""
    client = FakeCloudFormation([""], READY)
    client.refuses = "Template format error"
    with pytest.raises(DeploymentError, match=r"stack millstream was rejected: .*Template format error"):
        change(client)


def test_a_stack_that_fails_is_told_with_its_resources() -> None:
    """Each with its reason."""
    client = FakeCloudFormation(["", "ROLLBACK_COMPLETE"], READY)
    with pytest.raises(DeploymentError, match=r"(?s)ended as ROLLBACK_COMPLETE:.*Api .*: no room"):
        change(client)


@pytest.mark.parametrize("status", ["CREATE_PENDING", "CREATE_IN_PROGRESS"])
def test_waiting_for_a_change_set_has_an_end(status: str) -> None:
    """With what it was still doing."""
    client = FakeCloudFormation(["CREATE_COMPLETE"], [(status, "")])
    with pytest.raises(DeploymentError, match=f"its change set is still {status} after its deadline"):
        change(client, patience=0.0)
