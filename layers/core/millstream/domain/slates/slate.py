"""Candidates, and the slate that a user gets, with the source of each item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from millstream.domain.catalogue.items import Item
from millstream.domain.keys import ItemKey
from millstream.domain.log.positions import Position


class Source(StrEnum):
    """The source of a candidate; its name is in the response."""

    MODEL = "model"
    NEIGHBOURS = "neighbours"
    TRENDING = "trending"
    NEWEST = "newest"
    CATALOGUE = "catalogue"


class SeenItems(StrEnum):
    """Which items the user has seen are excluded from the slate."""

    NONE = "none"
    SESSION = "session"
    PURCHASED = "purchased"
    ALL = "all"


USUALLY_EXCLUDED = SeenItems.SESSION
"""What is excluded if neither the request nor the model says otherwise."""


class Part(StrEnum):
    """A part of what a slate is computed from; the response names those that are degraded."""

    USER = "user"
    MODEL = "model"
    CATALOGUE = "catalogue"
    TREND = "trend"


class Candidate(NamedTuple):
    """A proposed item. Scores are comparable only within a source; `because` is the user's item that led to it."""

    item: ItemKey
    score: float
    source: Source
    because: ItemKey | None = None


@dataclass(frozen=True, slots=True)
class SlateItem:
    """One position of a slate; `propensity` is the probability with which the policy placed this item here."""

    item: Item
    score: float
    source: Source
    reason: str
    propensity: float


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a recommendation was computed from: the user's position, model, policy, tier, and what was excluded."""

    user_position: Position | None
    model_version: str | None
    policy: str
    tier: str
    exclude_seen: SeenItems = USUALLY_EXCLUDED


@dataclass(frozen=True, slots=True)
class Slate:
    """The answer to a request; `stale` is True if it does not reflect the requested position yet.

    `degraded` are the parts that could not be read, or not in time, so that the answer does without or with older ones.
    """

    recommendation_id: str
    items: tuple[SlateItem, ...]
    provenance: Provenance
    stale: bool
    degraded: tuple[Part, ...] = ()


def in_order(sources: Iterable[Iterable[Candidate]]) -> Iterator[Candidate]:
    """The candidates of the first source, then of the next, each item once."""
    seen: set[ItemKey] = set()
    for candidates in sources:
        for candidate in candidates:
            if candidate.item not in seen:
                seen.add(candidate.item)
                yield candidate
