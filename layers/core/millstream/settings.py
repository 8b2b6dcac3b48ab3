"""What a function is told by its environment: read once, checked, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TypeVar

from millstream.domain.errors import InvalidInputError


@dataclass(frozen=True)
class RegionSettings:
    """What every function is told by Lambda itself."""

    aws_region: str


@dataclass(frozen=True)
class AcceptEventsSettings(RegionSettings):
    """The stream that takes the events, and the ARN of the secret that turns users into pseudonyms."""

    millstream_stream: str
    millstream_pseudonym_secret: str


@dataclass(frozen=True)
class ProjectEventsSettings(RegionSettings):
    """The tables of the views, and the URL of the queue for what cannot be folded."""

    millstream_users_table: str
    millstream_items_table: str
    millstream_dead_letters_url: str


@dataclass(frozen=True)
class ArchiveEventsSettings(RegionSettings):
    """The bucket of the log's long memory."""

    millstream_archive_bucket: str


@dataclass(frozen=True)
class PublishItemsSettings(RegionSettings):
    """The catalogue's table and the stream."""

    millstream_catalogue_table: str
    millstream_stream: str


@dataclass(frozen=True)
class RecommendSettings(RegionSettings):
    """Everything that is read to recommend, and the stream that takes the slates."""

    millstream_users_table: str
    millstream_items_table: str
    millstream_catalogue_table: str
    millstream_models_table: str
    millstream_models_bucket: str
    millstream_stream: str
    millstream_pseudonym_secret: str


@dataclass(frozen=True)
class PlanRebuildSettings(RegionSettings):
    """What is rebuilt, and the bucket of what a rebuild's steps leave to each other."""

    millstream_archive_bucket: str
    millstream_items_table: str
    millstream_rebuild_bucket: str


@dataclass(frozen=True)
class SplitArchiveSettings(RegionSettings):
    """The archive, and where its parts go."""

    millstream_archive_bucket: str
    millstream_rebuild_bucket: str


@dataclass(frozen=True)
class SplitStreamSettings(PlanRebuildSettings):
    """The stream too: versions are noted in the items table."""

    millstream_stream: str


@dataclass(frozen=True)
class FoldUsersSettings(RegionSettings):
    """Where the parts of the log are, and where the users' rows go."""

    millstream_users_table: str
    millstream_rebuild_bucket: str


@dataclass(frozen=True)
class FoldTrendsSettings(RegionSettings):
    """Where the parts of the log are, and where the trends' rows go."""

    millstream_items_table: str
    millstream_rebuild_bucket: str


@dataclass(frozen=True)
class CheckViewSettings(RegionSettings):
    """Where the users' rows are, and where their digest goes."""

    millstream_users_table: str
    millstream_rebuild_bucket: str


@dataclass(frozen=True)
class SwitchViewSettings(RegionSettings):
    """The views, and the stream that the new one catches up with."""

    millstream_stream: str
    millstream_users_table: str
    millstream_items_table: str
    millstream_rebuild_bucket: str


_Settings = TypeVar("_Settings", bound=RegionSettings)


def read_settings(kind: type[_Settings], environment: Mapping[str, str]) -> _Settings:
    """Settings from environment variables of the fields' names in capitals. Raises InvalidInputError."""
    values = {field.name: environment.get(field.name.upper(), "") for field in fields(kind)}
    for name, value in values.items():
        if not value:
            raise InvalidInputError(name.upper(), "an environment variable that is set", value)
    return kind(**values)
