"""Recommend items: read one row, run one graph, and always answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from millstream.application.ports import UNHURRIED, Budget, Clock, EventLog, Scorer
from millstream.application.recommend.catalogue_view import CatalogueView
from millstream.application.recommend.policy import InOrder, Policy
from millstream.application.recommend.served import Served
from millstream.application.recommend.sources import Asked, Neighbours, candidates, reason, tier_of
from millstream.domain.attributes import codes_of, merged
from millstream.domain.catalogue.filters import Filter
from millstream.domain.errors import InvalidRecordError, UnavailableError
from millstream.domain.keys import PSEUDONYM_BYTES, ItemKey, event_tag, item_key, pseudonym
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import BEGINNING
from millstream.domain.log.records import encode
from millstream.domain.slates.eligibility import Eligible, eligible
from millstream.domain.slates.exclusions import excluded_items, past_of
from millstream.domain.slates.requests import RecommendationRequest
from millstream.domain.slates.slate import (
    USUALLY_EXCLUDED,
    Candidate,
    Part,
    Provenance,
    SeenItems,
    Slate,
    SlateItem,
    Source,
)
from millstream.domain.views import user_row
from millstream.domain.views.tastes import tail
from millstream.domain.views.user_state import UserState

POLICY: Policy = InOrder()
NOBODY = bytes(PSEUDONYM_BYTES)
"""The subject of slates without a user."""

FEW_CANDIDATES = 200
MANY_CANDIDATES = 10_000
"""Number of candidates requested if a filter leaves too few."""


@dataclass(frozen=True)
class Recommend:
    """Answer recommendation requests. `on_error` is called with errors that do not prevent an answer."""

    log: EventLog
    served: Served
    clock: Clock
    pseudonym_secret: bytes
    on_error: Callable[[Exception], None]

    def __call__(self, request: RecommendationRequest, recommendation_id: str) -> Slate:
        """Return a slate, also for an unknown user. A user whose row cannot be read counts as unknown.

        Raises UnavailableError if the catalogue was never read.
        """
        known, is_readable = (None, True) if request.user_id is None else self._state(request.user_id)
        scorer = self.served.scorer()
        seen = request.exclude_seen or (scorer.exclude_seen if scorer else None) or USUALLY_EXCLUDED
        items = self._items(request, known or UserState(), scorer, seen)
        position = known.position if known else None
        provenance = Provenance(position, scorer.version if scorer else None, POLICY.name, tier_of(items), seen)
        stale = request.min_position is not None and not (position or BEGINNING).reaches(request.min_position)
        degraded = dict.fromkeys([*([] if is_readable else [Part.USER]), *self.served.degraded()])
        return Slate(recommendation_id, items, provenance, stale, tuple(degraded))

    def log_slate(self, request: RecommendationRequest, slate: Slate, budget: Budget = UNHURRIED) -> None:
        """Append SlateServed to the log: user, items in order, policy. Raises UnavailableError.

        The record has the attributes that the request said; those of the user's row follow from its position.
        Without a user the record's subject is zeros, and such records are spread over the shards.
        """
        known = None if request.user_id is None else pseudonym(request.user_id, self.pseudonym_secret)
        now_ms = self.clock.now_ms()
        at_ms = now_ms if request.at_ms is None else request.at_ms
        described = _described(slate) | _context(request)
        served = Event(EventKind.SlateServed, slate.recommendation_id, None, at_ms, None, described)
        record = encode(EventRecord(known or NOBODY, now_ms, (served,), request.attributes))
        self.log.append(known.hex() if known else event_tag(slate.recommendation_id).hex(), record, budget)

    def _state(self, user_id: str) -> tuple[UserState | None, bool]:
        """The user's state, None for an unknown user; and whether the row could be read."""
        try:
            row = self.served.features().read_user(pseudonym(user_id, self.pseudonym_secret))
            return (user_row.unpack(row.data) if row.data else None), True
        except (InvalidRecordError, UnavailableError) as error:
            self.on_error(error)
            return None, False

    def _items(
        self, request: RecommendationRequest, state: UserState, scorer: Scorer | None, seen: SeenItems
    ) -> tuple[SlateItem, ...]:
        now_ms = self.clock.now_ms() if request.at_ms is None else request.at_ms
        context = list(dict.fromkeys(map(item_key, request.context)))
        excluded = excluded_items(past_of(state), seen, now_ms)
        excluded.update(context, map(item_key, request.exclude))
        catalogue = self.served.catalogue()
        latest = _latest(context, state, scorer.tail_items) if scorer else []
        matching = catalogue.filtered.matching(request.filter)
        attributes = codes_of(merged(state.attributes, request.attributes))
        for limit in (FEW_CANDIDATES, MANY_CANDIDATES):
            asked = Asked(scorer, latest, excluded, catalogue.newest, self.served.trending, matching, limit, attributes)
            items = places(candidates(asked), request.n, catalogue, excluded, request.filter)
            if not request.filter or all(place.source is not Source.CATALOGUE for place in items):
                break
        return items


def similar_items(served: Served, item_id: str, n: int) -> tuple[SlateItem, ...]:
    """The items that most often follow this one; empty if the model does not know the item."""
    key, catalogue = item_key(item_id), served.catalogue()
    asked = Asked(served.scorer(), (key,), (key,), catalogue.newest, served.trending, (), FEW_CANDIDATES)
    return places(Neighbours().candidates(asked), n, catalogue, {key}, ())


def places(
    proposed: Iterable[Candidate], n: int, catalogue: CatalogueView, excluded: Collection[ItemKey], conditions: Filter
) -> tuple[SlateItem, ...]:
    """At most n positions, chosen by the policy among the eligible candidates."""
    allowed = eligible(proposed, catalogue.items, excluded, conditions)
    return tuple(_place(shown, propensity, catalogue) for shown, propensity in POLICY.chosen(allowed, n))


def _place(shown: Eligible, propensity: float, catalogue: CatalogueView) -> SlateItem:
    candidate = shown.candidate
    cause = catalogue.items.get(candidate.because) if candidate.because else None
    return SlateItem(shown.item, candidate.score, candidate.source, reason(candidate, cause), propensity)


def _latest(context: Sequence[ItemKey], state: UserState, limit: int) -> list[ItemKey]:
    """The input of a model: the context counts as the user's latest items."""
    return list(dict.fromkeys([*context, *tail(state, limit)]))[:limit]


def _context(request: RecommendationRequest) -> dict[str, object]:
    """What the log says of a request, beside what the slate was computed from; nothing for what it lacks."""
    said: dict[str, object] = {"sessionId": request.session_id, "context": list(request.context)}
    return {name: value for name, value in said.items() if value}


def _described(slate: Slate) -> dict[str, object]:
    made_by = slate.provenance
    return {
        "items": [[place.item.item_id, place.source, place.propensity] for place in slate.items],
        "userPosition": None if made_by.user_position is None else str(made_by.user_position),
        "modelVersion": made_by.model_version,
        "policy": made_by.policy,
        "tier": made_by.tier,
        "excludeSeen": made_by.exclude_seen,
    }
