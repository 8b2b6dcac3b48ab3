"""The stack of the fault sweep with the real adapters, over services in the local cloud that are the schedule's own.

Every call of an AWS client is asked about twice: before it is sent, and when its answer is there. A program can die at
both; what it dies of second has been done. Some calls are refused as throttled, and some answers are lost on their way.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError

from millstream.adapters.aws.dynamo_archive_heads import DynamoArchiveHeads
from millstream.adapters.aws.dynamo_views import DynamoViews
from millstream.adapters.aws.kinesis_event_log import KinesisEventLog
from millstream.adapters.aws.kinesis_log_reader import KinesisLogReader
from millstream.adapters.aws.s3_archive import S3Archive
from millstream.adapters.aws.s3_workspace import S3Workspace
from millstream.adapters.aws.sqs_dead_letters import SqsDeadLetters
from millstream.adapters.local.folder_workspace import FolderWorkspace
from millstream.application.ports import Archive, Budget, DeadLetters, LogReader, Views, Workspace
from millstream_tools.cloud.local.clients import REGION, Clients
from tests.contract.places import Place
from tests.property.trouble import Trouble, Troubled

ATTEMPTS = 4
THROTTLED = {"Error": {"Code": "ThrottlingException", "Message": "slow down"}}


class StackOnAws:
    """A Stack, in which so many of a thousand calls have a mishap."""

    def __init__(self, clients: Clients, chance: random.Random, folder: Path, mishaps: int) -> None:
        self._clients = clients
        self._chance = chance
        self._mishaps = mishaps
        self._folder = folder
        place = Place(clients, REGION)
        stream = place.stream(shards=2)
        self._tables = place.table("UsersTable"), place.table("ItemsTable")
        self._bucket = place.bucket()
        self._queue = place.queue()
        self._workspaces = 0
        self.names = (stream, *self._tables, self._bucket)
        self.log = KinesisEventLog(clients("kinesis"), stream)
        self.reader: LogReader = KinesisLogReader(clients("kinesis"), stream)

    def views(self, trouble: Trouble) -> Views:
        return DynamoViews(self._client("dynamodb", trouble), *self._tables, at_once)

    def archive(self, trouble: Trouble) -> Archive:
        heads = DynamoArchiveHeads(self._client("dynamodb", trouble), self._tables[1], at_once)
        return S3Archive(self._client("s3", trouble), self._bucket, heads, at_once)

    def letters(self, trouble: Trouble) -> DeadLetters:
        return SqsDeadLetters(self._client("sqs", trouble), self._queue, at_once)

    def as_seen(self, port: Any, trouble: Trouble) -> Any:
        return Troubled(port, trouble)

    def workspace(self) -> Workspace:
        """In a folder and in S3 by turns."""
        self._workspaces += 1
        if self._workspaces % 2:
            return FolderWorkspace(self._folder / f"{self._workspaces}")
        return S3Workspace(self._clients("s3"), self._bucket, f"replays/{self._workspaces}")

    def _client(self, service: str, trouble: Trouble) -> Any:
        client = self._clients.without_retries(service)
        events = client.meta.events

        def before(model: Any, **_: Any) -> None:
            trouble.call(model.name, nothing)
            if self._has_mishap(trouble):
                raise ClientError(THROTTLED, model.name)

        def after(model: Any, **_: Any) -> None:
            trouble.call(f"{model.name} is done", nothing)
            if self._has_mishap(trouble):
                raise ConnectionClosedError(endpoint_url="the local cloud")

        events.register("before-call", before)
        events.register("after-call", after)
        return client

    def _has_mishap(self, trouble: Trouble) -> bool:
        return trouble.is_busy and self._chance.randrange(1000) < self._mishaps


def nothing() -> None:
    """What a call does that only asks whether its program lives."""


def at_once(_: Budget) -> Iterator[int]:
    """So many attempts, without waiting."""
    return iter(range(ATTEMPTS))
