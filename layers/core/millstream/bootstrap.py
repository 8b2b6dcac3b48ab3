"""The composition root: settings become adapters, adapters become use cases, once per process."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from millstream.adapters.aws.backoff import ANSWER_S, CONNECT_S
from millstream.adapters.aws.kinesis_event_log import KinesisEventLog
from millstream.adapters.local.refreshed import Refreshed
from millstream.adapters.local.system_clock import SystemClock
from millstream.application.collect.accept_events import AcceptEvents
from millstream.application.collect.archive_events import ArchiveEvents
from millstream.application.collect.publish_items import PublishItems
from millstream.application.ports import Catalogue, FeatureStore, ModelStore, Scorer, Views
from millstream.application.project.project_events import ProjectEvents
from millstream.application.recommend.catalogue_view import EMPTY_CATALOGUE, CatalogueView
from millstream.application.recommend.recommend import Recommend, Served
from millstream.domain.keys import ItemKey
from millstream.domain.views import trend_row
from millstream.domain.views.trend import heaviest
from millstream.settings import (
    AcceptEventsSettings,
    ArchiveEventsSettings,
    ProjectEventsSettings,
    PublishItemsSettings,
    RecommendSettings,
    read_settings,
)

if TYPE_CHECKING:
    from millstream.scoring.onnx_scorer import OnnxScorer

TRENDING_ITEMS = 500
REFRESH_MS = 2_000
"""How old the trend and the champion may be before they are read again, off the request's path."""

CATALOGUE_REFRESH_MS = 10_000
"""The same for what changed in the catalogue, which is more to ask for."""

IDLE_MS = 15_000
"""An instance that was not asked for so long reads all of it again before it answers."""


def aws_client(service: str, region: str) -> Any:
    """A client that tries twice; AWS_ENDPOINT_URL is the one seam that leads it to a local cloud."""
    return boto3.client(service, region_name=region, config=_config(attempts=2))  # type: ignore[call-overload]  # by name


def client_without_retries(service: str, region: str) -> Any:
    """A client that tries once, for adapters that retry within a budget (see `adapters.backoff`)."""
    return boto3.client(service, region_name=region, config=_config(attempts=1))  # type: ignore[call-overload]  # by name


def patient(connections: int = 10) -> Config:
    """For adapters that know no budget, where nobody waits: more attempts and longer ones than a function may make."""
    return Config(
        retries={"mode": "standard", "total_max_attempts": 8},
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=connections,
        tcp_keepalive=True,
    )


def _config(attempts: int) -> Config:
    return Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=CONNECT_S,
        read_timeout=ANSWER_S,
        tcp_keepalive=True,
    )


@cache
def accept_events() -> AcceptEvents:
    """The use case behind POST /events."""
    settings = read_settings(AcceptEventsSettings, os.environ)
    return AcceptEvents(
        log=KinesisEventLog(client_without_retries("kinesis", settings.aws_region), settings.millstream_stream),
        clock=SystemClock(),
        pseudonym_secret=_secret(settings.millstream_pseudonym_secret, settings.aws_region),
    )


@cache
def project_events() -> ProjectEvents:
    """The use case behind the stream's projector."""
    from millstream.adapters.aws.dynamo_views import DynamoViews
    from millstream.adapters.aws.sqs_dead_letters import SqsDeadLetters

    settings = read_settings(ProjectEventsSettings, os.environ)
    region = settings.aws_region
    return ProjectEvents(
        views=DynamoViews(
            client_without_retries("dynamodb", region), settings.millstream_users_table, settings.millstream_items_table
        ),
        dead_letters=SqsDeadLetters(client_without_retries("sqs", region), settings.millstream_dead_letters_url),
    )


@cache
def archive_events() -> ArchiveEvents:
    """The use case behind the stream's archivist."""
    from millstream.adapters.aws.s3_archive import S3Archive

    settings = read_settings(ArchiveEventsSettings, os.environ)
    return ArchiveEvents(
        S3Archive(client_without_retries("s3", settings.aws_region), settings.millstream_archive_bucket)
    )


@cache
def publish_items() -> PublishItems:
    """The use case behind PUT /items."""
    from millstream.adapters.aws.dynamo_catalogue import DynamoCatalogue

    settings = read_settings(PublishItemsSettings, os.environ)
    return PublishItems(
        log=KinesisEventLog(client_without_retries("kinesis", settings.aws_region), settings.millstream_stream),
        catalogue=DynamoCatalogue(settings.millstream_catalogue_table, settings.aws_region, client_attempts=1),
        clock=SystemClock(),
    )


class Reading:
    """What the reading function uses: the recommender, and the catalogue itself."""

    def __init__(self, recommend: Recommend, catalogue: Catalogue) -> None:
        self.recommend = recommend
        self.catalogue = catalogue


@cache
def reading(on_error: Callable[[Exception], None]) -> Reading:
    """The use cases behind the GET routes; `on_error` hears what went wrong while refreshing in the background."""
    from millstream.adapters.aws.dynamo_catalogue import DynamoCatalogue
    from millstream.adapters.aws.dynamo_views import DynamoViews
    from millstream.adapters.aws.s3_model_store import S3ModelStore

    settings = read_settings(RecommendSettings, os.environ)
    region = settings.aws_region
    dynamodb = aws_client("dynamodb", region)
    views = DynamoViews(dynamodb, settings.millstream_users_table, settings.millstream_items_table)
    catalogue = DynamoCatalogue(settings.millstream_catalogue_table, region)
    models = S3ModelStore(
        aws_client("s3", region), dynamodb, settings.millstream_models_bucket, settings.millstream_models_table
    )
    recommend = Recommend(
        log=KinesisEventLog(client_without_retries("kinesis", region), settings.millstream_stream),
        served=served(views, catalogue, models, Path(tempfile.gettempdir()) / "millstream-models", on_error),
        clock=SystemClock(),
        pseudonym_secret=_secret(settings.millstream_pseudonym_secret, region),
    )
    return Reading(recommend, catalogue)


def served(
    views: Views, catalogue: Catalogue, models: ModelStore, folder: Path, on_error: Callable[[Exception], None]
) -> Served:
    """What serves at this moment, each part renewed behind the requests' back."""
    clock = SystemClock()

    def next_scorer(present: Scorer | None) -> Scorer | None:
        champion = models.champion()
        if champion is None or (present is not None and present.version == champion):
            return present
        return _scorer(models.fetch(champion, folder), champion)

    def next_catalogue(present: CatalogueView | None) -> CatalogueView:
        return (present or EMPTY_CATALOGUE).refreshed(catalogue)

    def next_trending(_: Sequence[tuple[ItemKey, float]] | None) -> Sequence[tuple[ItemKey, float]]:
        trends = [trend_row.unpack(row.data) for row in features().read_trends().values()]
        return heaviest(trends, TRENDING_ITEMS)

    def next_features(present: FeatureStore | None) -> FeatureStore:
        serving = views.serving()
        return present if present is not None and present.view == serving else views.store(serving)

    features = Refreshed(next_features, clock, REFRESH_MS, on_error, IDLE_MS)

    return Served(
        scorer=Refreshed(next_scorer, clock, REFRESH_MS, on_error, IDLE_MS),
        catalogue=Refreshed(next_catalogue, clock, CATALOGUE_REFRESH_MS, on_error, IDLE_MS),
        trending=Refreshed(next_trending, clock, REFRESH_MS, on_error, IDLE_MS),
        features=features,
    )


def _scorer(folder: Path, version: str) -> OnnxScorer:
    """A warmed scorer; numpy and onnxruntime are imported here, so that functions without a model do not pay."""
    from millstream.scoring.onnx_scorer import OnnxScorer

    return OnnxScorer.load(folder, version)


def _secret(arn: str, region: str) -> bytes:
    """The key of the pseudonyms."""
    answer = aws_client("secretsmanager", region).get_secret_value(SecretId=arn)
    return str(answer["SecretString"]).encode()
