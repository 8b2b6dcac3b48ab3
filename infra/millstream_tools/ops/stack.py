"""A deployed stack as command-line work sees it: the local cloud that is up, or a stack in the user's AWS account."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from millstream.adapters.aws.dynamo_imports import DynamoImports
from millstream.adapters.aws.dynamo_views import DynamoViews
from millstream.adapters.aws.kinesis_event_log import KinesisEventLog
from millstream.adapters.aws.kinesis_log_reader import KinesisLogReader
from millstream.adapters.aws.s3_archive import S3Archive
from millstream.adapters.aws.s3_model_store import S3ModelStore
from millstream.adapters.aws.sqs_dead_letters import SqsDeadLetters
from millstream.application.ports import FeatureStore
from millstream.bootstrap import patient
from millstream_tools.cloud.local import cloud
from millstream_tools.cloud.local.clients import local_session
from millstream_tools.cloud.local.deployment import Deployment
from millstream_tools.explained import ExplainedError

_CONFIG = patient(connections=32)


class NoStackError(ExplainedError):
    """There is no such stack, or no way to it; the message says what can be done."""


@dataclass(frozen=True)
class Stack:
    """A stack and how to reach it; `endpoint` is None on AWS. Makes clients and adapters, and keeps none."""

    name: str
    region: str
    outputs: Mapping[str, str]
    endpoint: str | None
    _session: Any

    def client(self, service: str) -> Any:
        """A boto3 client of this stack's account or local cloud."""
        return self._session.client(service, endpoint_url=self.endpoint, config=_CONFIG)

    def output(self, name: str) -> str:
        """One output of the template. Raises NoStackError where the stack has none of that name."""
        try:
            return self.outputs[name]
        except KeyError:
            raise NoStackError(
                f"stack {self.name}: expected an output {name}, got {', '.join(sorted(self.outputs)) or 'none'}: "
                "is it a Millstream stack, and up to date with this checkout?"
            ) from None

    def archive(self) -> S3Archive:
        """The log's long memory."""
        return S3Archive(self.client("s3"), self.output("ArchiveBucket"))

    def event_log(self) -> KinesisEventLog:
        """The log."""
        return KinesisEventLog(self.client("kinesis"), self.output("StreamName"))

    def log_reader(self) -> KinesisLogReader:
        """What the stream still holds."""
        return KinesisLogReader(self.client("kinesis"), self.output("StreamName"))

    def dead_letters(self) -> SqsDeadLetters:
        """Where records go that cannot be folded."""
        return SqsDeadLetters(self.client("sqs"), self.output("DeadLettersUrl"))

    def views(self) -> DynamoViews:
        """The versions of the views."""
        return DynamoViews(self.client("dynamodb"), self.output("UsersTable"), self.output("ItemsTable"))

    def features(self) -> FeatureStore:
        """The rows of the version that serves."""
        views = self.views()
        return views.store(views.serving())

    def models(self) -> S3ModelStore:
        """The models and their registry."""
        return S3ModelStore(
            self.client("s3"), self.client("dynamodb"), self.output("ModelsBucket"), self.output("ModelsTable")
        )

    def imports(self) -> DynamoImports:
        """Which history is in the log."""
        return DynamoImports(self.client("dynamodb"), self.output("ItemsTable"))

    def secret(self) -> bytes:
        """The key of the pseudonyms."""
        answer = self.client("secretsmanager").get_secret_value(SecretId=self.output("PseudonymSecretArn"))
        return str(answer["SecretString"]).encode()


def open_stack(name: str | None = None) -> Stack:
    """The stack of that name in the user's AWS account; without a name, the local cloud that is up.

    Sets nothing globally: endpoint and credentials are in the clients. Raises NoStackError.
    """
    if name:
        return _stack_on_aws(name)
    status = cloud.status()
    if not status.server_running or status.deployment is None:
        raise NoStackError(
            "no local cloud is up: run `millstream up`, or name a stack with --stack or MILLSTREAM_STACK"
        )
    return local_stack(status.deployment)


def local_stack(deployment: Deployment) -> Stack:
    """The stack of a local cloud."""
    return Stack(deployment.stack, deployment.region, deployment.outputs, deployment.endpoint_url, local_session())


def _stack_on_aws(name: str) -> Stack:
    """By the credentials and the region that every AWS tool of the user's shell takes."""
    # AWS_REGION, because boto3 itself looks at AWS_DEFAULT_REGION alone, and then at the user's profile.
    session = boto3.Session(region_name=os.environ.get("AWS_REGION"))
    try:
        found = session.client("cloudformation", config=_CONFIG).describe_stacks(StackName=name)["Stacks"][0]
    except (BotoCoreError, ClientError) as error:
        region = session.region_name or "no region: set AWS_REGION"
        raise NoStackError(f"stack {name} could not be looked up in {region}: {error}") from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}
    return Stack(name, str(session.region_name), outputs, None, session)
