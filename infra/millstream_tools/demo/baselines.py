"""Baselines for the live recommendations, computed by the client with the information of the same moment."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Collection, Iterable

from millstream.application.ports import Scorer
from millstream.domain.keys import ItemKey, item_key

HALF_LIFE_EVENTS = 20_000
"""Half-life of the decayed popularity, in events."""


class Popularity:
    """Item counts up to now, decayed if there is a half-life. Thread-safe."""

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
        """The n most popular items that are not excluded; ties by key."""
        with self._lock:
            candidates = heapq.nsmallest(
                n + len(excluded), self._weights.items(), key=lambda entry: (-entry[1], entry[0])
            )
        return [key for key, _ in candidates if key not in excluded][:n]


class FrozenProfile:
    """The champion with the customer's profile at the start of the stream, padded with decayed popularity."""

    def __init__(self, scorer: Scorer, filler: Popularity) -> None:
        self._scorer = scorer
        self._filler = filler

    def best(self, frozen_tail: list[ItemKey], n: int, excluded: Collection[ItemKey]) -> list[ItemKey]:
        """The model's n best items that are not excluded."""
        candidates = self._scorer.recommend(frozen_tail, excluded, n) if frozen_tail else []
        found = [candidate.item for candidate in candidates]
        if len(found) < n:
            found += self._filler.best(n - len(found), {*excluded, *found})
        return found
