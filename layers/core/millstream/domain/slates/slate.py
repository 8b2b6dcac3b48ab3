"""From candidates to the slate that a user sees, and where each item came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from millstream.domain.catalogue.items import Item
from millstream.domain.keys import ItemKey
from millstream.domain.log.positions import Position


class Source(StrEnum):
    """Who proposed an item; the name ends up in the answer."""

    MODEL = "model"
    NEIGHBOURS = "neighbours"
    TRENDING = "trending"
    NEWEST = "newest"


class SeenItems(StrEnum):
    """Which of the user's own items stay out of the slate."""

    NONE = "none"
    SESSION = "session"
    PURCHASED = "purchased"
    ALL = "all"


class Candidate(NamedTuple):
    """A proposed item; `score` compares only within its source, `because` is the user's item that led to it."""

    item: ItemKey
    score: float
    source: Source
    because: ItemKey | None = None


@dataclass(frozen=True, slots=True)
class SlateItem:
    """One place of a slate; `propensity` is the probability with which the policy showed this item here."""

    item: Item
    score: float
    source: Source
    reason: str
    propensity: float


@dataclass(frozen=True, slots=True)
class Provenance:
    """With these a recommendation can be computed again: the user's state, the model, the policy and the tier."""

    user_position: Position | None
    model_version: str | None
    policy: str
    tier: str


@dataclass(frozen=True, slots=True)
class Slate:
    """The answer to a request; `stale` says that the position the caller asked for is not in it yet."""

    recommendation_id: str
    items: tuple[SlateItem, ...]
    provenance: Provenance
    stale: bool


def in_order(sources: Iterable[Iterable[Candidate]]) -> Iterator[Candidate]:
    """The candidates of the first source, then of the next, each item once."""
    seen: set[ItemKey] = set()
    for candidates in sources:
        for candidate in candidates:
            if candidate.item not in seen:
                seen.add(candidate.item)
                yield candidate
