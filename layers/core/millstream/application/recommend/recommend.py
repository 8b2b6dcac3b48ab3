"""A user asks what is next: one row is read, one graph is run, and an answer always comes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from millstream.application.ports import UNHURRIED, Budget, Clock, EventLog, FeatureStore, Scorer
from millstream.application.recommend.catalogue_view import CatalogueView
from millstream.domain.keys import ItemKey, item_key, pseudonym
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import BEGINNING
from millstream.domain.log.records import encode
from millstream.domain.slates.requests import RecommendationRequest
from millstream.domain.slates.rerank import excluded_items, places
from millstream.domain.slates.slate import Candidate, Provenance, Slate, SlateItem, Source, in_order
from millstream.domain.views import user_row
from millstream.domain.views.tastes import tail
from millstream.domain.views.user_state import UserState

POLICY = "in-order-1"
"""Model, neighbours of the last item, trending, newest; nothing is left to chance. Renamed when that changes."""

FEW_CANDIDATES = 200
MANY_CANDIDATES = 10_000
"""Asked for when a filter leaves too few of the first."""


@dataclass(frozen=True)
class Served:
    """What serves at this moment; each part is swapped whole when a newer one is ready, never changed."""

    scorer: Callable[[], Scorer | None]
    catalogue: Callable[[], CatalogueView]
    trending: Callable[[], Sequence[tuple[ItemKey, float]]]
    features: Callable[[], FeatureStore]


@dataclass(frozen=True)
class Recommend:
    """Answer requests for recommendations."""

    log: EventLog
    served: Served
    clock: Clock
    pseudonym_secret: bytes

    def __call__(self, request: RecommendationRequest, recommendation_id: str) -> Slate:
        """A slate, also for a user whom nobody knows. Raises UnavailableError if the user's row cannot be read."""
        row = self.served.features().read_user(pseudonym(request.user_id, self.pseudonym_secret))
        state = user_row.unpack(row.data) if row.data else UserState()
        scorer = self.served.scorer()
        items = self._items(request, state, scorer)
        from_model = any(place.source in (Source.MODEL, Source.NEIGHBOURS) for place in items)
        provenance = Provenance(
            state.position if row.data else None,
            scorer.version if scorer else None,
            POLICY,
            "in-process" if from_model else "trending",
        )
        stale = request.min_position is not None and not (state.position if row.data else BEGINNING).reaches(
            request.min_position
        )
        return Slate(recommendation_id, items, provenance, stale)

    def log_slate(self, user_id: str, slate: Slate, budget: Budget = UNHURRIED) -> None:
        """Append SlateServed: who was shown what, in which order, by which policy. Raises UnavailableError."""
        subject = pseudonym(user_id, self.pseudonym_secret)
        now_ms = self.clock.now_ms()
        served = Event(EventKind.SlateServed, slate.recommendation_id, None, now_ms, None, _described(slate))
        self.log.append(subject.hex(), encode(EventRecord(subject, now_ms, (served,))), budget)

    def _items(self, request: RecommendationRequest, state: UserState, scorer: Scorer | None) -> tuple[SlateItem, ...]:
        excluded = excluded_items(state, request.exclude_seen)
        catalogue = self.served.catalogue()
        latest = tail(state, scorer.tail_items) if scorer else []
        for limit in (FEW_CANDIDATES, MANY_CANDIDATES):
            candidates = in_order(self._sources(scorer, latest, excluded, limit, catalogue.newest))
            items = places(candidates, request.n, catalogue.items, excluded, request.filter)
            if len(items) == request.n or not request.filter:
                break
        return items

    def _sources(
        self,
        scorer: Scorer | None,
        latest: Sequence[ItemKey],
        excluded: Collection[ItemKey],
        limit: int,
        newest: Sequence[ItemKey],
    ) -> Iterator[Iterable[Candidate]]:
        """The candidates of each source, made only when the sources before it did not fill the slate."""
        if scorer and latest:
            yield scorer.recommend(latest, excluded, limit)
            yield neighbours(scorer, latest[0], limit)
        yield trending(self.served.trending())
        yield (Candidate(item, 0.0, Source.NEWEST) for item in newest)


def neighbours(scorer: Scorer, item: ItemKey, limit: int) -> list[Candidate]:
    """What most often follows one item."""
    return [Candidate(found.item, found.score, Source.NEIGHBOURS, item) for found in scorer.similar(item, limit)]


def trending(heaviest: Sequence[tuple[ItemKey, float]]) -> Iterator[Candidate]:
    """What is popular now; scores are shares of the most popular item's weight."""
    return (Candidate(item, weight / heaviest[0][1], Source.TRENDING) for item, weight in heaviest)


def similar_items(served: Served, item_id: str, n: int) -> tuple[SlateItem, ...]:
    """The items that most often follow this one; none while the model does not know the item."""
    key = item_key(item_id)
    scorer = served.scorer()
    candidates = neighbours(scorer, key, FEW_CANDIDATES) if scorer else []
    return places(candidates, n, served.catalogue().items, {key}, ())


def _described(slate: Slate) -> dict[str, object]:
    made_by = slate.provenance
    return {
        "items": [[place.item.item_id, place.source, place.propensity] for place in slate.items],
        "userPosition": None if made_by.user_position is None else str(made_by.user_position),
        "modelVersion": made_by.model_version,
        "policy": made_by.policy,
        "tier": made_by.tier,
    }
