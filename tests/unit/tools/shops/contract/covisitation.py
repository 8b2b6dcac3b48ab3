"""A small recommender and a storefront for it, with which tests ask whether a shop has anything to learn."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import nlargest

from millstream_tools.shops.contract import Behaved, Behaviour, BehaviourKind, Probed, SeenPolicy, Shown, Slate


class Covisitation:
    """Directed co-visitation: the next ten items weigh 0.7^(distance - 1), normalised by sqrt((out + 30)(in + 30))."""

    def __init__(self, history: Iterable[Behaviour], *, reach: int = 10) -> None:
        """Count over every user's sequence of distinct consecutive items."""
        self.follows: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
        self.leaving: defaultdict[str, float] = defaultdict(float)
        self.arriving: defaultdict[str, float] = defaultdict(float)
        self.popular: Counter[str] = Counter()
        self.past: defaultdict[str, list[str]] = defaultdict(list)
        for behaviour in history:
            if behaviour.event_type is BehaviourKind.ADDED_TO_CART:  # the view before it has said the same
                continue
            self._learn(self.past[behaviour.user_id], behaviour.item_id, reach)
        self.by_popularity = [item for item, _ in self.popular.most_common()]

    def recommend(self, context: Sequence[str], n: int, excluded: frozenset[str], gone: frozenset[str]) -> list[str]:
        """The n best items after this context (last ten distinct items weigh 0.7^age), then popular ones."""
        scores: defaultdict[str, float] = defaultdict(float)
        for age, item in enumerate(list(dict.fromkeys(reversed(context)))[:10]):
            out = self.leaving.get(item, 0.0) + 30.0
            for following, weight in self.follows.get(item, {}).items():
                scores[following] += 0.7**age * weight / math.sqrt(out * (self.arriving[following] + 30.0))
        wanted = nlargest(n + len(excluded) + len(gone), scores, key=scores.__getitem__)
        candidates = dict.fromkeys([*wanted, *self.by_popularity[: 3 * n + len(excluded) + len(gone)]])
        return [item for item in candidates if item not in excluded and item not in gone][:n]

    def _learn(self, past: list[str], item: str, reach: int) -> None:
        self.popular[item] += 1
        if past and past[-1] == item:
            return
        for distance, before in enumerate(reversed(past[-reach:]), start=1):
            if before != item:
                weight = 0.7 ** (distance - 1)
                self.follows[before][item] += weight
                self.leaving[before] += weight
                self.arriving[item] += weight
        past.append(item)


@dataclass
class ScoredStorefront:
    """Plays the recommender's part and keeps score of three ways to answer: popular, frozen, live."""

    model: Covisitation
    exclude_seen: SeenPolicy
    gone: frozenset[str] = frozenset()
    probes: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)
    clicks: Counter[str] = field(default_factory=Counter)
    expected_clicks: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    expected_purchases: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    behaviours: list[Behaviour] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Freeze everybody's profile as it is at the cut."""
        self.frozen = {user: tuple(past) for user, past in self.model.past.items()}
        self.live: dict[str, list[str]] = {user: list(past) for user, past in self.frozen.items()}
        self.session: dict[str, tuple[str, set[str]]] = {}

    def accept(self, step: Behaved) -> None:
        """Take events in; the model itself learns nothing."""
        for behaviour in step.behaviours:
            self.behaviours.append(behaviour)
            self.live.setdefault(behaviour.user_id, []).append(behaviour.item_id)
            session, seen = self.session.get(behaviour.user_id, ("", set()))
            if session != behaviour.session_id:
                seen = set()
            self.session[behaviour.user_id] = (behaviour.session_id, seen | {behaviour.item_id})
            if behaviour.impression:
                self.clicks[self._last_arm] += 1

    def show(self, step: Shown) -> Slate:
        """The arm's slate."""
        slate = step.house_slate or tuple(self.answer("live", step.user_id, step.n))
        truth = step.truth(slate)
        self._last_arm = step.arm
        self.shown[step.arm] += 1
        self.expected_clicks[step.arm] += truth.click
        self.expected_purchases[step.arm] += truth.purchase
        return Slate(slate, f"recommendation-{sum(self.shown.values())}")

    def probe(self, step: Probed) -> None:
        """Would the first ten have held the target?"""
        self.probes += 1
        for way in ("popular", "frozen", "live"):
            self.hits[way] += step.target in self.answer(way, step.user_id, 10)

    def answer(self, way: str, user: str, n: int) -> list[str]:
        """What one of the three ways recommends."""
        context = {"popular": (), "frozen": self.frozen.get(user, ()), "live": self.live.get(user, ())}[way]
        excluded: Iterable[str] = ()
        if self.exclude_seen == "session":
            excluded = self.session.get(user, ("", set()))[1]
        elif self.exclude_seen == "all":
            excluded = self.live.get(user, ())
        return self.model.recommend(context, n, frozenset(excluded), self.gone)

    def hit_rate(self, way: str) -> float:
        """Share of the probes that one way answered with the target."""
        return self.hits[way] / self.probes
