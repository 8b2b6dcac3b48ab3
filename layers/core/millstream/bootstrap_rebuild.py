"""The composition root of a rebuild's steps, apart from the functions that people wait for."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3

from millstream.adapters.aws.dynamo_views import DynamoViews
from millstream.adapters.aws.kinesis_log_reader import KinesisLogReader
from millstream.adapters.aws.s3_archive import S3Archive
from millstream.adapters.aws.s3_workspace import S3Workspace
from millstream.adapters.local.fold_code import fold_code
from millstream.adapters.local.system_clock import SystemClock
from millstream.application.ports import Workspace
from millstream.application.replay.distributed import (
    CheckView,
    FoldTrends,
    FoldUsers,
    PlanRebuild,
    SplitArchive,
    SplitStream,
    SwitchView,
    Workspaces,
)
from millstream.bootstrap import client_without_retries, patient
from millstream.settings import (
    CheckViewSettings,
    FoldTrendsSettings,
    FoldUsersSettings,
    PlanRebuildSettings,
    SplitArchiveSettings,
    SplitStreamSettings,
    SwitchViewSettings,
    read_settings,
)

PREFIX = "rebuild/"
_UNTOLD = ""
"""The table that a step is not told of, since it neither reads nor writes it."""


def patient_client(service: str, region: str) -> Any:
    """A client that tries eight times, for adapters that know no budget."""
    return boto3.client(service, region_name=region, config=patient())  # type: ignore[call-overload]  # by name


@cache
def plan_rebuild() -> PlanRebuild:
    """The use case behind PlanRebuild."""
    settings = read_settings(PlanRebuildSettings, os.environ)
    region = settings.aws_region
    return PlanRebuild(
        archive=S3Archive(patient_client("s3", region), settings.millstream_archive_bucket),
        views=DynamoViews(patient_client("dynamodb", region), _UNTOLD, settings.millstream_items_table),
        workspaces=_workspaces(region, settings.millstream_rebuild_bucket),
        now_ms=SystemClock().now_ms,
    )


@cache
def split_archive() -> SplitArchive:
    """The use case behind SplitArchive."""
    settings = read_settings(SplitArchiveSettings, os.environ)
    region = settings.aws_region
    return SplitArchive(
        archive=S3Archive(patient_client("s3", region), settings.millstream_archive_bucket),
        workspaces=_workspaces(region, settings.millstream_rebuild_bucket),
    )


@cache
def split_stream() -> SplitStream:
    """The use case behind SplitStream."""
    settings = read_settings(SplitStreamSettings, os.environ)
    region = settings.aws_region
    return SplitStream(
        archive=S3Archive(patient_client("s3", region), settings.millstream_archive_bucket),
        reader=KinesisLogReader(client_without_retries("kinesis", region), settings.millstream_stream),
        views=DynamoViews(patient_client("dynamodb", region), _UNTOLD, settings.millstream_items_table),
        workspaces=_workspaces(region, settings.millstream_rebuild_bucket),
        fold_code=fold_code(),
        now_ms=SystemClock().now_ms,
    )


@cache
def fold_users() -> FoldUsers:
    """The use case behind FoldUsers."""
    settings = read_settings(FoldUsersSettings, os.environ)
    region = settings.aws_region
    return FoldUsers(
        views=DynamoViews(client_without_retries("dynamodb", region), settings.millstream_users_table, _UNTOLD),
        workspaces=_workspaces(region, settings.millstream_rebuild_bucket),
        fold_code=fold_code(),
    )


@cache
def fold_trends() -> FoldTrends:
    """The use case behind FoldTrends."""
    settings = read_settings(FoldTrendsSettings, os.environ)
    region = settings.aws_region
    return FoldTrends(
        views=DynamoViews(client_without_retries("dynamodb", region), _UNTOLD, settings.millstream_items_table),
        workspaces=_workspaces(region, settings.millstream_rebuild_bucket),
        fold_code=fold_code(),
    )


@cache
def check_view() -> CheckView:
    """The use case behind CheckView."""
    settings = read_settings(CheckViewSettings, os.environ)
    region = settings.aws_region
    return CheckView(
        views=DynamoViews(patient_client("dynamodb", region), settings.millstream_users_table, _UNTOLD),
        workspaces=_workspaces(region, settings.millstream_rebuild_bucket),
        fold_code=fold_code(),
    )


@cache
def switch_view() -> SwitchView:
    """The use case behind SwitchView."""
    settings = read_settings(SwitchViewSettings, os.environ)
    region = settings.aws_region
    return SwitchView(
        views=DynamoViews(
            patient_client("dynamodb", region), settings.millstream_users_table, settings.millstream_items_table
        ),
        reader=KinesisLogReader(client_without_retries("kinesis", region), settings.millstream_stream),
        workspaces=_workspaces(region, settings.millstream_rebuild_bucket),
        fold_code=fold_code(),
    )


def _workspaces(region: str, bucket: str) -> Workspaces:
    client = patient_client("s3", region)

    def named(name: str) -> Workspace:
        return S3Workspace(client, bucket, PREFIX + name)

    return named
