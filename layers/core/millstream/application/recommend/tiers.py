"""The tiers that answer: each has its sources, and what one does not fill, the next one does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from millstream.application.recommend.sources import Asked, CandidateSource, Model, Neighbours, Newest, Trending
from millstream.domain.slates.slate import Candidate, SlateItem, in_order


class Tier(NamedTuple):
    """A name for the answer and the log, and sources in the order in which they are asked."""

    name: str
    sources: tuple[CandidateSource, ...]


TIERS = (Tier("in-process", (Model(), Neighbours())), Tier("trending", (Trending(), Newest())))
"""The best first; the last needs no model."""

SOURCES = {source.name: source for tier in TIERS for source in tier.sources}


def candidates(asked: Asked) -> Iterator[Candidate]:
    """The candidates of all tiers, each item once; a source is asked when the ones before it are used up."""
    return in_order(source.candidates(asked) for tier in TIERS for source in tier.sources)


def tier_of(items: Iterable[SlateItem]) -> str:
    """The best tier that has an item in a slate; the last where none has."""
    shown = {place.source for place in items}
    best = (tier.name for tier in TIERS if any(source.name in shown for source in tier.sources))
    return next(best, TIERS[-1].name)
