"""The use cases of the functions that API Gateway and Kinesis call, created once per process."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from millstream.adapters.aws.clients import Patience
from millstream.adapters.local.system_clock import SystemClock
from millstream.application.collect.accept_events import AcceptEvents
from millstream.application.collect.archive_events import ArchiveEvents
from millstream.application.collect.publish_items import PublishItems
from millstream.application.collect.revise_item import ReviseItem
from millstream.application.project.project_events import ProjectEvents
from millstream.domain.declaration import NOTHING_DECLARED, Declaration, parse_declaration
from millstream.domain.errors import ConfigurationError, InvalidInputError
from millstream.wiring.adapters import FunctionWiring

if TYPE_CHECKING:
    from millstream.application.ports import Catalogue, ModelStore, Scorer
    from millstream.application.recommend.health import Health
    from millstream.application.recommend.recommend import Recommend


@cache
def declared_attributes() -> Declaration:
    """The attributes that this deployment declares. Raises ConfigurationError for an invalid declaration."""
    try:
        return parse_declaration(os.environ.get("ATTRIBUTES", ""))
    except InvalidInputError as error:  # of the deployment, not of a caller
        raise ConfigurationError(f"the parameter Attributes: {error}") from error


@cache
def accept_events() -> AcceptEvents:
    """The use case behind POST /events."""
    wiring = FunctionWiring(Patience.ADAPTER)
    return AcceptEvents(wiring.event_log(), SystemClock(), wiring.secret(), declared=declared_attributes())


@cache
def publish_items() -> PublishItems:
    """The use case behind PUT /items."""
    wiring = FunctionWiring(Patience.ADAPTER)
    return PublishItems(wiring.event_log(), wiring.catalogue(client_attempts=1), SystemClock())


@cache
def revise_item() -> ReviseItem:
    """The use case behind PATCH and DELETE /items/{id}."""
    wiring = FunctionWiring(Patience.ADAPTER)
    return ReviseItem(wiring.event_log(), wiring.catalogue(client_attempts=1), SystemClock())


@cache
def project_events() -> ProjectEvents:
    """The use case of the projector."""
    wiring = FunctionWiring(Patience.ADAPTER)
    return ProjectEvents(wiring.views(), wiring.dead_letters())


@cache
def archive_events() -> ArchiveEvents:
    """The use case of the archiver."""
    return ArchiveEvents(FunctionWiring(Patience.ADAPTER).archive())


HEALTH_MS = 10_000
"""Maximum age of what GET /health answers, so that nobody can make it expensive."""


@cache
def health(on_error: Callable[[Exception], None]) -> Callable[[], Health]:
    """What GET /health answers. `on_error` is called with what cannot be read."""
    from millstream.adapters.local.refreshed import refresh_in_background
    from millstream.application.recommend.health import ReportHealth
    from millstream.scoring.model_folder import DECISIVE

    wiring = FunctionWiring(Patience.CLIENT)
    report = ReportHealth(wiring.views(users=False), wiring.models(), DECISIVE, on_error)
    return refresh_in_background(SystemClock(), on_error)(lambda _: report(), HEALTH_MS)


class Reading(NamedTuple):
    """The use cases of the reading function: the recommender, and the catalogue; and what requests may say."""

    recommend: Recommend
    catalogue: Catalogue
    declared: Declaration = NOTHING_DECLARED


@cache
def reading(on_error: Callable[[Exception], None]) -> Reading:
    """The use cases of the routes that read. `on_error` is called with errors that do not prevent an answer."""
    from millstream.adapters.local.refreshed import refresh_in_background
    from millstream.application.recommend.recommend import Recommend
    from millstream.application.recommend.served import serve

    wiring, clock = FunctionWiring(Patience.CLIENT), SystemClock()
    models, catalogue = wiring.models(), wiring.catalogue(client_attempts=2)
    folder = Path(tempfile.gettempdir()) / "millstream-models"
    served = serve(
        wiring.views(),
        catalogue,
        models,
        lambda version: load_scorer(models, version, folder),
        refresh_in_background(clock, on_error),
        clock,
        on_error,
    )
    return Reading(
        Recommend(wiring.event_log(), served, clock, wiring.secret(), on_error), catalogue, declared_attributes()
    )


def load_scorer(models: ModelStore, version: str, cache: Path) -> Scorer:
    """A warmed scorer; numpy and onnxruntime are imported here, so that functions without a model do not pay."""
    from millstream.scoring.stored_models import load_stored

    return load_stored(models, version, cache)
