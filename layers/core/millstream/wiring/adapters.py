"""The stateful resources of a stack, and the adapters for them.

Functions read the names of resources from environment variables, tools from the stack's outputs; `Wiring` serves both.
Adapters are imported where they are created, so that a function loads no library that it does not use.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any

from millstream.adapters.aws.clients import Patience, aws_client
from millstream.application.ports import (
    Archive,
    Catalogue,
    DeadLetters,
    EventLog,
    Imports,
    LogReader,
    ModelStore,
    Views,
    Workspace,
)
from millstream.domain.errors import ConfigurationError

REBUILDS = "rebuild/"
"""The prefix of the rebuilds' workspaces in their bucket."""


class Resource(Enum):
    """A stateful resource: its logical id in template.yaml, and the stack's output with its name.

    The environment variable for functions is `MILLSTREAM_` plus the member's name.
    """

    STREAM = "EventsStream", "StreamName"
    USERS_TABLE = "UsersTable", "UsersTable"
    ITEMS_TABLE = "ItemsTable", "ItemsTable"
    CATALOGUE_TABLE = "CatalogueTable", "CatalogueTable"
    MODELS_TABLE = "ModelsTable", "ModelsTable"
    ARCHIVE_BUCKET = "ArchiveBucket", "ArchiveBucket"
    MODELS_BUCKET = "ModelsBucket", "ModelsBucket"
    REBUILD_BUCKET = "RebuildBucket", "RebuildBucket"
    DEAD_LETTERS_URL = "DeadLetters", "DeadLettersUrl"
    PSEUDONYM_SECRET = "PseudonymSecret", "PseudonymSecretArn"  # a name

    def __init__(self, logical_id: str, output: str) -> None:
        self.logical_id = logical_id
        self.output = output

    @property
    def variable(self) -> str:
        """The environment variable of a function that uses it."""
        return f"MILLSTREAM_{self.name}"


class Wiring:
    """Creates adapters, with one client per service and patience. `patience` is the default."""

    def __init__(
        self, name_of: Callable[[Resource], str], client: Callable[[str, Patience], Any], patience: Patience
    ) -> None:
        self.name_of = name_of
        self._client = cache(client)
        self._patience = patience

    def event_log(self) -> EventLog:
        """The log, to append to."""
        from millstream.adapters.aws.kinesis_event_log import KinesisEventLog

        return KinesisEventLog(self._client("kinesis", Patience.ADAPTER), self.name_of(Resource.STREAM))

    def log_reader(self) -> LogReader:
        """Reads the records that the stream retains."""
        from millstream.adapters.aws.kinesis_log_reader import KinesisLogReader

        return KinesisLogReader(self._client("kinesis", Patience.ADAPTER), self.name_of(Resource.STREAM))

    def archive(self, *, heads: bool = True) -> Archive:
        """The archive of the log. Leave out its heads for functions that only read objects."""
        from millstream.adapters.aws.dynamo_archive_heads import DynamoArchiveHeads
        from millstream.adapters.aws.s3_archive import S3Archive

        known = None
        if heads:
            known = DynamoArchiveHeads(self._client("dynamodb", self._patience), self.name_of(Resource.ITEMS_TABLE))
        return S3Archive(self._client("s3", self._patience), self.name_of(Resource.ARCHIVE_BUCKET), known)

    def views(self, *, users: bool = True, trends: bool = True, patience: Patience | None = None) -> Views:
        """The versions of the views. Leave out `users` or `trends` for functions that may not access them."""
        from millstream.adapters.aws.dynamo_views import DynamoViews

        return DynamoViews(
            self._client("dynamodb", patience or self._patience),
            self.name_of(Resource.USERS_TABLE) if users else "",
            self.name_of(Resource.ITEMS_TABLE) if trends else "",
        )

    def dead_letters(self) -> DeadLetters:
        """The dead-letter queue."""
        from millstream.adapters.aws.sqs_dead_letters import SqsDeadLetters

        return SqsDeadLetters(self._client("sqs", self._patience), self.name_of(Resource.DEAD_LETTERS_URL))

    def models(self) -> ModelStore:
        """The models and their registry."""
        from millstream.adapters.aws.s3_model_store import S3ModelStore

        return S3ModelStore(
            self._client("s3", self._patience),
            self._client("dynamodb", self._patience),
            self.name_of(Resource.MODELS_BUCKET),
            self.name_of(Resource.MODELS_TABLE),
        )

    def imports(self) -> Imports:
        """The registry of imports."""
        from millstream.adapters.aws.dynamo_imports import DynamoImports

        return DynamoImports(self._client("dynamodb", self._patience), self.name_of(Resource.ITEMS_TABLE))

    def workspace(self, name: str) -> Workspace:
        """The workspace of a rebuild."""
        from millstream.adapters.aws.s3_workspace import S3Workspace

        return S3Workspace(self._client("s3", self._patience), self.name_of(Resource.REBUILD_BUCKET), REBUILDS + name)

    def secret(self) -> bytes:
        """The key of the pseudonyms."""
        client = self._client("secretsmanager", Patience.CLIENT)
        return str(client.get_secret_value(SecretId=self.name_of(Resource.PSEUDONYM_SECRET))["SecretString"]).encode()


class FunctionWiring(Wiring):
    """Wiring of a Lambda function: names and the region come from the environment."""

    def __init__(self, patience: Patience) -> None:
        self.region = _variable("AWS_REGION")
        super().__init__(
            lambda resource: _variable(resource.variable),
            lambda service, patience: aws_client(service, self.region, patience),
            patience,
        )

    def catalogue(self, client_attempts: int) -> Catalogue:
        """The catalogue."""
        from millstream.adapters.aws.dynamo_catalogue import DynamoCatalogue

        return DynamoCatalogue(self.name_of(Resource.CATALOGUE_TABLE), self.region, client_attempts)


def _variable(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ConfigurationError(f"the environment variable {name} is not set")
    return value
