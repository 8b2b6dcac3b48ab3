"""Deploys the real template into the local cloud and says where everything is."""

from __future__ import annotations

import contextlib
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.local.clients import ACCOUNT, REGION, Clients, environment
from infra.local.packaging import Packager, parameters_of
from infra.local.template import read_template

BUCKET = "freshet-deployment"
CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
# A stack in one of these cannot be updated: its first creation failed.
NEVER_CREATED = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS")


class DeploymentError(Exception):
    """The stack could not be created or updated; the message lists what failed and why."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployed stack: where to send requests, with which key, and the stack's outputs by name."""

    stack: str
    endpoint_url: str
    region: str
    account: str
    api_url: str
    api_key: str
    outputs: Mapping[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point any AWS SDK or CLI at this cloud."""
        return environment(self.endpoint_url)


def deploy(
    endpoint_url: str,
    template_file: Path,
    stack: str,
    parameters: Mapping[str, str] | None = None,
    patience: float = 120.0,
) -> Deployment:
    """Create the stack, or update it to what is on disk; that nothing has changed is a success.

    Raises DeploymentError with the failed resources, PackagingError, or ValueError for a template that is none.
    """
    chosen = _parameters(template_file, parameters or {})
    clients = Clients(endpoint_url)
    url = _packager(clients, endpoint_url).package(template_file)
    _create_or_update(clients("cloudformation"), stack, url, chosen, time.monotonic() + patience)
    return describe(clients, endpoint_url, stack)


def _parameters(template_file: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The local defaults that the template takes, and what is given; an unknown name is refused, as AWS does."""
    accepted = parameters_of(read_template(template_file))
    if unknown := given.keys() - accepted:
        raise DeploymentError(
            f"{template_file}: parameters: expected some of {', '.join(sorted(accepted))}, "
            f"got {', '.join(sorted(unknown))}"
        )
    return {name: value for name, value in local_parameters().items() if name in accepted} | dict(given)


def local_parameters() -> dict[str, str]:
    """What a local deployment sets; the functions run on this machine's processor."""
    return {
        "Stage": "local",
        "MappingsEnabled": "false",
        "StreamMode": "PROVISIONED",
        "Architecture": "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64",
    }


def describe(clients: Clients, endpoint_url: str, stack: str) -> Deployment:
    """What the deployed stack says about itself."""
    found = clients("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}
    api_url, api_key = "", ""
    if "ApiId" in outputs:
        # The address without a host name of its own: *.localhost does not resolve everywhere.
        api_url = f"{endpoint_url}/restapis/{outputs['ApiId']}/v1/_user_request_"
    if "ApiKeyId" in outputs:
        answer = clients("apigateway").get_api_key(apiKey=outputs["ApiKeyId"], includeValue=True)
        api_key = answer["value"]
    return Deployment(stack, endpoint_url, REGION, ACCOUNT, api_url, api_key, outputs)


def _packager(clients: Clients, endpoint_url: str) -> Packager:
    storage = clients("s3")
    with contextlib.suppress(storage.exceptions.BucketAlreadyOwnedByYou):
        storage.create_bucket(Bucket=BUCKET)
    return Packager(
        BUCKET,
        f"{endpoint_url}/{BUCKET}",
        lambda key, content: storage.put_object(Bucket=BUCKET, Key=key, Body=content),
    )


def _create_or_update(
    client: Any,  # noqa: ANN401 - boto3 makes its clients at run time
    stack: str,
    url: str,
    parameters: Mapping[str, str],
    deadline: float,
) -> None:
    status = _status(client, stack)
    if status in NEVER_CREATED:
        client.delete_stack(StackName=stack)
        _wait(client, stack, deadline)
        status = ""
    arguments = {
        "StackName": stack,
        "TemplateURL": url,
        "Capabilities": list(CAPABILITIES),
        "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
    }
    try:
        if status:
            client.update_stack(**arguments)
        else:
            client.create_stack(**arguments)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return
        raise DeploymentError(f"stack {stack} was refused: {error}") from error
    ended = _wait(client, stack, deadline)
    if ended not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise DeploymentError(f"stack {stack} ended as {ended}:\n{_failures(client, stack)}")


def _status(client: Any, stack: str) -> str:  # noqa: ANN401 - boto3 makes its clients at run time
    """The stack's status; empty when there is no such stack."""
    try:
        return str(client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])
    except ClientError as error:
        if "does not exist" in str(error):
            return ""
        raise


def _wait(client: Any, stack: str, deadline: float) -> str:  # noqa: ANN401 - boto3 makes its clients at run time
    while (status := _status(client, stack)).endswith("_IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise DeploymentError(f"stack {stack} is still {status} after its deadline")
        time.sleep(0.05)
    return status


def _failures(client: Any, stack: str) -> str:  # noqa: ANN401 - boto3 makes its clients at run time
    events = client.describe_stack_events(StackName=stack)["StackEvents"]
    lines = [
        f"  {event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', 'no reason')}"
        for event in events
        if event["ResourceStatus"].endswith("FAILED")
    ]
    return "\n".join(dict.fromkeys(reversed(lines))) or "  no resource gave a reason"
