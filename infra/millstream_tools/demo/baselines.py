"""What the live recommendations are measured against, each as a client could compute it at the same moment."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Collection, Iterable

from millstream.application.ports import Scorer
from millstream.domain.keys import ItemKey, item_key

HALF_LIFE_EVENTS = 20_000
"""Events after which the decayed popularity of an event is halved."""


class Popularity:
    """How often each item came, as of now; with a half-life, in decayed counts. Safe to share between threads."""

    def __init__(self, half_life_events: float | None = None) -> None:
        self._half_life = half_life_events
        self._weights: dict[ItemKey, float] = {}
        self._events = 0
        self._lock = threading.Lock()

    def learn(self, item_ids: Iterable[str]) -> None:
        """Count more events."""
        with self._lock:
            for item_id in item_ids:
                self._events += 1
                key = item_key(item_id)
                weight = 2.0 ** (self._events / self._half_life) if self._half_life else 1.0
                self._weights[key] = self._weights.get(key, 0.0) + weight

    def best(self, n: int, excluded: Collection[ItemKey]) -> list[ItemKey]:
        """The n most popular items that are not excluded; equals by key."""
        with self._lock:
            candidates = heapq.nsmallest(
                n + len(excluded), self._weights.items(), key=lambda entry: (-entry[1], entry[0])
            )
        return [key for key, _ in candidates if key not in excluded][:n]


class FrozenProfile:
    """The champion asked with the customer's profile as it was at the cut, filled up with decayed popularity."""

    def __init__(self, scorer: Scorer, filler: Popularity) -> None:
        self._scorer = scorer
        self._filler = filler

    def best(self, frozen_tail: list[ItemKey], n: int, excluded: Collection[ItemKey]) -> list[ItemKey]:
        """The n items that the model puts first, none excluded."""
        candidates = self._scorer.recommend(frozen_tail, excluded, n) if frozen_tail else []
        found = [candidate.item for candidate in candidates]
        if len(found) < n:
            found += self._filler.best(n - len(found), {*excluded, *found})
        return found
