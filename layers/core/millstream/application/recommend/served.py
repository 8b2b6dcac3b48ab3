"""The serving state: the model, the catalogue, the trend and the users' rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from millstream.application.ports import Catalogue, FeatureStore, ModelStore, Scorer, Views
from millstream.application.recommend.catalogue_view import EMPTY_CATALOGUE, CatalogueView
from millstream.domain.errors import InvalidRecordError
from millstream.domain.keys import ItemKey
from millstream.domain.views import trend_row
from millstream.domain.views.trend import heaviest

TRENDING_ITEMS = 500
REFRESH_MS = 2_000
"""Maximum age of the trend and the champion before they are reloaded in the background."""

CATALOGUE_REFRESH_MS = 10_000
"""Maximum age of the catalogue, which is more expensive to refresh."""

_Value = TypeVar("_Value")


class Renew(Protocol):
    """Caches a value and reloads it in the background when it is older than `every_ms`."""

    def __call__(self, load: Callable[[_Value | None], _Value], every_ms: int) -> Callable[[], _Value]:
        """Return a function that gives the current value; `load` maps the current value to the next."""


@dataclass(frozen=True)
class Served:
    """The parts are immutable; each is replaced as a whole by a newer one."""

    scorer: Callable[[], Scorer | None]
    catalogue: Callable[[], CatalogueView]
    trending: Callable[[], Sequence[tuple[ItemKey, float]]]
    features: Callable[[], FeatureStore]


def serve(
    views: Views,
    catalogue: Catalogue,
    models: ModelStore,
    load_scorer: Callable[[str], Scorer],
    renew: Renew,
    on_error: Callable[[Exception], None],
) -> Served:
    """The serving state of these stores. `load_scorer` is called with the version of a published model.

    `on_error` is called for a shard with an unreadable trend, which is left out.
    """

    def next_scorer(present: Scorer | None) -> Scorer | None:
        champion = models.champion()
        if champion is None or (present is not None and present.version == champion):
            return present
        return load_scorer(champion)

    def next_catalogue(present: CatalogueView | None) -> CatalogueView:
        return (present or EMPTY_CATALOGUE).refreshed(catalogue)

    def next_features(present: FeatureStore | None) -> FeatureStore:
        serving = views.serving()
        return present if present is not None and present.view == serving else views.store(serving)

    features = renew(next_features, REFRESH_MS)

    def next_trending(_: Sequence[tuple[ItemKey, float]] | None) -> Sequence[tuple[ItemKey, float]]:
        trends = []
        for row in features().read_trends().values():
            try:
                trends.append(trend_row.unpack(row.data))
            except InvalidRecordError as error:
                on_error(error)
        return heaviest(trends, TRENDING_ITEMS)

    return Served(
        scorer=renew(next_scorer, REFRESH_MS),
        catalogue=renew(next_catalogue, CATALOGUE_REFRESH_MS),
        trending=renew(next_trending, REFRESH_MS),
        features=features,
    )
