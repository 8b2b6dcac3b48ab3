"""Access to a deployed stack: the running local cloud, or a stack in the user's AWS account."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from millstream.adapters.aws.clients import Patience
from millstream.application.ports import FeatureStore
from millstream.domain.declaration import Declaration, parse_declaration
from millstream.wiring.adapters import Wiring
from millstream_tools.cloud.local import cloud
from millstream_tools.cloud.local.clients import local_session
from millstream_tools.cloud.local.deployment import Deployment
from millstream_tools.explained import ExplainedError


class NoStackError(ExplainedError):
    """The stack does not exist or cannot be reached; the message says what to do."""


class Stack(Wiring):
    """A deployed stack; `endpoint` is None on AWS."""

    def __init__(
        self, name: str, region: str, outputs: Mapping[str, str], endpoint: str | None, session: boto3.Session
    ) -> None:
        self.name = name
        self.region = region
        self.outputs = outputs
        self.endpoint = endpoint
        self._session: Any = session
        super().__init__(lambda resource: self.output(resource.output), self.client, Patience.LONG)

    def client(self, service: str, _: Patience = Patience.LONG) -> Any:
        """A boto3 client of this stack's account or local cloud, always with long retries."""
        return self._session.client(service, endpoint_url=self.endpoint, config=Patience.LONG.value)

    def output(self, name: str) -> str:
        """One output of the template. Raises NoStackError if the stack does not have it."""
        try:
            return self.outputs[name]
        except KeyError:
            raise NoStackError(
                f"stack {self.name}: expected an output {name}, got {', '.join(sorted(self.outputs)) or 'none'}: "
                "is it a Millstream stack of this version?"
            ) from None

    def declared_attributes(self) -> Declaration:
        """The attributes that events of this stack may say."""
        return parse_declaration(self.output("Attributes"))

    def features(self) -> FeatureStore:
        """The rows of the serving version."""
        views = self.views()
        return views.store(views.serving())


def open_stack(name: str | None = None) -> Stack:
    """The named stack in the user's AWS account, or the running local cloud.

    Sets nothing globally: endpoint and credentials are in the clients. Raises NoStackError.
    """
    if name:
        return _stack_on_aws(name)
    status = cloud.status()
    if not status.server_running or status.deployment is None:
        raise NoStackError(
            "no local cloud is running: run `millstream up`, or give a stack with --stack or MILLSTREAM_STACK"
        )
    return local_stack(status.deployment)


def local_stack(deployment: Deployment) -> Stack:
    """The stack of a local cloud."""
    return Stack(deployment.stack, deployment.region, deployment.outputs, deployment.endpoint_url, local_session())


def _stack_on_aws(name: str) -> Stack:
    """With the credentials and the region of the user's shell, as other AWS tools."""
    # AWS_REGION, because boto3 itself reads only AWS_DEFAULT_REGION and the user's profile.
    session = boto3.Session(region_name=os.environ.get("AWS_REGION"))
    try:
        client = session.client("cloudformation", config=Patience.LONG.value)
        found = client.describe_stacks(StackName=name)["Stacks"][0]
    except (BotoCoreError, ClientError) as error:
        region = session.region_name or "no region: set AWS_REGION"
        raise NoStackError(f"stack {name} could not be looked up in {region}: {error}") from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}
    return Stack(name, str(session.region_name), outputs, None, session)
