"""The serving state: the model, the catalogue, the trend and the users' rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

from millstream.application.ports import Catalogue, Clock, FeatureStore, ModelStore, Scorer, Views
from millstream.application.recommend.catalogue_view import EMPTY_CATALOGUE, CatalogueView
from millstream.domain.errors import InvalidRecordError
from millstream.domain.keys import ItemKey
from millstream.domain.slates.slate import Part
from millstream.domain.views import trend_row
from millstream.domain.views.trend import heaviest

TRENDING_ITEMS = 500
REFRESH_MS = 2_000
"""Maximum age of the trend and the champion before they are reloaded in the background."""

CATALOGUE_REFRESH_MS = 5_000
"""The same for the catalogue, which is more expensive to refresh."""

EARLIER_MODELS = 3
"""How many earlier champions are tried if the champion cannot be loaded."""

_Value = TypeVar("_Value")
_Held_co = TypeVar("_Held_co", covariant=True)


class Cached(Protocol[_Held_co]):
    """A value that is reloaded in the background."""

    def __call__(self) -> _Held_co:
        """The current value."""

    def behind(self) -> bool:
        """Whether the value is older than its bound, or only a fallback."""


class Renew(Protocol):
    """Caches a value and reloads it in the background when it is older than `every_ms`."""

    def __call__(
        self, load: Callable[[_Value | None], _Value], every_ms: int, fallback: Callable[[], _Value] | None = None
    ) -> Cached[_Value]:
        """Return the cached value; `load` maps the current value to the next.

        `fallback` gives the value if the first load fails; without it, that failure is raised.
        """


def _nothing_is_degraded() -> Sequence[Part]:
    return ()


@dataclass(frozen=True)
class Served:
    """The parts are immutable; each is replaced as a whole by a newer one.

    `degraded` are the parts that are older than their bound, replaced by a fallback, or read in part.
    """

    scorer: Callable[[], Scorer | None]
    catalogue: Callable[[], CatalogueView]
    trending: Callable[[], Sequence[tuple[ItemKey, float]]]
    features: Callable[[], FeatureStore]
    degraded: Callable[[], Sequence[Part]] = _nothing_is_degraded


def serve(
    views: Views,
    catalogue: Catalogue,
    models: ModelStore,
    load_scorer: Callable[[str], Scorer],
    renew: Renew,
    clock: Clock,
    on_error: Callable[[Exception], None],
) -> Served:
    """The serving state of these stores. `load_scorer` is called with the version of a published model.

    What cannot be read is reported to `on_error` and left out: the trend of a shard, an item. Instead of a champion
    that cannot be loaded, the present model serves, or an earlier champion, or none.
    """
    loading = _Loading(views, catalogue, models, load_scorer, clock, on_error)
    scorer = renew(loading.scorer, REFRESH_MS, loading.earlier_scorer)
    items = renew(loading.catalogue_view, CATALOGUE_REFRESH_MS)
    features = renew(loading.features, REFRESH_MS)
    trend = renew(lambda _: loading.trend(features()), REFRESH_MS, lambda: _NO_TREND)

    def degraded() -> Sequence[Part]:
        found = {
            Part.MODEL: scorer.behind(),
            Part.CATALOGUE: items.behind() or bool(items().unreadable),
            Part.TREND: not trend().complete or trend.behind(),  # loaded first: a full slate does not use it
            Part.USER: features.behind(),
        }
        return [part for part, is_degraded in found.items() if is_degraded]

    return Served(scorer, items, lambda: trend().items, features, degraded)


class _Trend(NamedTuple):
    items: Sequence[tuple[ItemKey, float]]
    complete: bool


_NO_TREND = _Trend((), complete=False)


@dataclass(frozen=True)
class _Loading:
    """How each part is loaded; `present` is the current one."""

    views: Views
    catalogue: Catalogue
    models: ModelStore
    load_scorer: Callable[[str], Scorer]
    clock: Clock
    on_error: Callable[[Exception], None]

    def scorer(self, present: Scorer | None) -> Scorer | None:
        champion = self.models.champion()
        if champion is None or (present is not None and present.version == champion):
            return present
        return self.load_scorer(champion)

    def earlier_scorer(self) -> Scorer | None:
        """That of the latest earlier champion that can be loaded."""
        try:
            versions = [promotion.version for promotion in reversed(self.models.promotions())]
        except Exception as error:  # noqa: BLE001  # unavailable, or anything that is stored there
            self.on_error(error)
            return None
        earlier = [version for version in dict.fromkeys(versions) if version != versions[0]]
        for version in earlier[:EARLIER_MODELS]:
            try:
                return self.load_scorer(version)
            except Exception as error:  # noqa: BLE001  # whatever is wrong with a stored model, the reader answers
                self.on_error(error)
        return None

    def catalogue_view(self, present: CatalogueView | None) -> CatalogueView:
        return (present or EMPTY_CATALOGUE).refreshed(self.catalogue, self.clock, self.on_error)

    def features(self, present: FeatureStore | None) -> FeatureStore:
        serving = self.views.serving()
        return present if present is not None and present.view == serving else self.views.store(serving)

    def trend(self, features: FeatureStore) -> _Trend:
        trends, complete = [], True
        for row in features.read_trends().values():
            try:
                trends.append(trend_row.unpack(row.data))
            except InvalidRecordError as error:
                complete = False
                self.on_error(error)
        return _Trend(heaviest(trends, TRENDING_ITEMS), complete)
