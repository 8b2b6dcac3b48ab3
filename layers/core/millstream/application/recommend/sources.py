"""Where candidates come from. A source is an object: its name, its tier, its reason for a person, its candidates.

A new one needs a name in `domain.slates.slate.Source`, a class here, and its place in SOURCES.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from millstream.application.ports import Scorer
from millstream.application.recommend.tiers import Tier, best
from millstream.domain.catalogue.items import Item
from millstream.domain.keys import ItemKey
from millstream.domain.slates.slate import Candidate, SlateItem, Source, in_order


@dataclass(frozen=True)
class Asked:
    """What a source may look at: the model that serves, the user's latest items (newest first), what is excluded."""

    scorer: Scorer | None
    latest: Sequence[ItemKey]
    excluded: Collection[ItemKey]
    newest: Sequence[ItemKey]
    trending: Callable[[], Sequence[tuple[ItemKey, float]]]
    limit: int
    """The most candidates that a source should work out."""


class CandidateSource(Protocol):
    """Candidates for one request, best first; asked only when the sources before it did not fill the slate."""

    @property
    def name(self) -> Source:
        """As the answer and the log have it."""

    @property
    def tier(self) -> Tier:
        """The tier that answers through it."""

    def reason(self, cause: Item | None) -> str:
        """Why an item is shown; `cause` is the user's item that led to it."""

    def candidates(self, asked: Asked) -> Iterable[Candidate]:
        """Best first; none where there is nothing to go by."""


class _GoesWith:
    """The reason of what a model says."""

    def reason(self, cause: Item | None) -> str:
        """See CandidateSource."""
        return f"often goes with {cause.name}" if cause else "often goes with what you looked at"


class Model(_GoesWith):
    """The model's answer to the user's latest items."""

    name = Source.MODEL
    tier = Tier.IN_PROCESS

    def candidates(self, asked: Asked) -> Iterable[Candidate]:
        """See CandidateSource."""
        if asked.scorer is None or not asked.latest:
            return ()
        return asked.scorer.recommend(asked.latest, asked.excluded, asked.limit)


class Neighbours(_GoesWith):
    """What most often follows the user's last item."""

    name = Source.NEIGHBOURS
    tier = Tier.IN_PROCESS

    def candidates(self, asked: Asked) -> Iterable[Candidate]:
        """See CandidateSource."""
        if asked.scorer is None or not asked.latest:
            return ()
        last = asked.latest[0]
        return [Candidate(item, score, self.name, last) for item, score, *_ in asked.scorer.similar(last, asked.limit)]


class Trending:
    """What is popular now; scores are shares of the most popular item's weight."""

    name = Source.TRENDING
    tier = Tier.TRENDING

    def reason(self, cause: Item | None) -> str:
        """See CandidateSource."""
        del cause
        return "popular with everybody right now"

    def candidates(self, asked: Asked) -> Iterable[Candidate]:
        """See CandidateSource."""
        heaviest = asked.trending()
        return (Candidate(item, weight / heaviest[0][1], self.name) for item, weight in heaviest)


class Newest:
    """The latest items of the catalogue."""

    name = Source.NEWEST
    tier = Tier.TRENDING

    def reason(self, cause: Item | None) -> str:
        """See CandidateSource."""
        del cause
        return "new in the shop"

    def candidates(self, asked: Asked) -> Iterable[Candidate]:
        """See CandidateSource."""
        return (Candidate(item, 0.0, self.name) for item in asked.newest)


SOURCES: tuple[CandidateSource, ...] = (Model(), Neighbours(), Trending(), Newest())
"""In the order in which they are asked. Rename the policy (`policy.InOrder.name`) when that changes."""

_BY_NAME = {source.name: source for source in SOURCES}


def candidates(asked: Asked) -> Iterator[Candidate]:
    """The candidates of all sources, each item once."""
    return in_order(source.candidates(asked) for source in SOURCES)


def reason(candidate: Candidate, cause: Item | None) -> str:
    """Why a candidate is shown."""
    return _BY_NAME[candidate.source].reason(cause)


def tier_of(items: Iterable[SlateItem]) -> Tier:
    """The tier that answered with these items."""
    return best(_BY_NAME[place.source].tier for place in items)
