"""Candidate sources: each has a name, a tier, a reason to display, and candidates.

A new source needs a name in `domain.slates.slate.Source`, a class here, and an entry in SOURCES.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from millstream.application.ports import Scorer
from millstream.application.recommend.tiers import Tier, best
from millstream.domain.attributes import UNKNOWN
from millstream.domain.catalogue.items import Item
from millstream.domain.keys import ItemKey
from millstream.domain.slates.slate import Candidate, SlateItem, Source, in_order


@dataclass(frozen=True)
class Asked:
    """The input of a source: the serving model, the user's latest items (newest first), the excluded items."""

    scorer: Scorer | None
    latest: Sequence[ItemKey]
    excluded: Collection[ItemKey]
    newest: Sequence[ItemKey]
    trending: Callable[[], Sequence[tuple[ItemKey, float]]]
    catalogue: Iterable[ItemKey]
    """All items that meet the filter, newest first."""
    limit: int
    """The largest number of candidates that a source should compute."""
    attributes: Sequence[int] = UNKNOWN
    """The codes of what is known of the user and the situation."""


class CandidateSource(Protocol):
    """Gives candidates for a request, best first; used only if the sources before it do not fill the slate."""

    @property
    def name(self) -> Source:
        """The name in the response and the log."""

    @property
    def tier(self) -> Tier:
        """The tier that the source belongs to."""

    def reason(self, cause: Item | None) -> str:
        """Why an item is recommended; `cause` is the user's item that led to it."""

    def candidates(self, asked: Asked) -> Iterable[Candidate]:
        """The candidates, best first; empty if there are none."""


class _GoesWith:
    """The reason for candidates of a model."""

    def reason(self, cause: Item | None) -> str:
        """See CandidateSource."""
        return f"often goes with {cause.name}" if cause else "often goes with what you looked at"


class Model(_GoesWith):
    """The model's candidates for the user's latest items."""

    name = Source.MODEL
    tier = Tier.IN_PROCESS

    def candidates(self, asked: Asked) -> Iterable[Candidate]:
        """See CandidateSource."""
        if asked.scorer is None or not asked.latest:
            return ()
        return asked.scorer.recommend(asked.latest, asked.excluded, asked.limit, asked.attributes)


class Neighbours(_GoesWith):
    """The items that most often follow the user's last item."""

    name = Source.NEIGHBOURS
    tier = Tier.IN_PROCESS

    def candidates(self, asked: Asked) -> Iterable[Candidate]:
        """See CandidateSource."""
        if asked.scorer is None or not asked.latest:
            return ()
        last = asked.latest[0]
        return [Candidate(item, score, self.name, last) for item, score, *_ in asked.scorer.similar(last, asked.limit)]


class Trending:
    """The most popular items now; scores are relative to the most popular one."""

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


class WholeCatalogue:
    """All items that may be recommended, newest first: a slate stays short only if the catalogue has no more."""

    name = Source.CATALOGUE
    tier = Tier.TRENDING

    def reason(self, cause: Item | None) -> str:
        """See CandidateSource."""
        del cause
        return "from the catalogue"

    def candidates(self, asked: Asked) -> Iterable[Candidate]:
        """See CandidateSource."""
        return (Candidate(item, 0.0, self.name) for item in asked.catalogue)


SOURCES: tuple[CandidateSource, ...] = (Model(), Neighbours(), Trending(), Newest(), WholeCatalogue())
"""The sources in order of use. Rename the policy (`policy.InOrder.name`) if the order changes."""

OWN_ITEM = "one of your latest items"
"""The reason for an item that is recommended because of itself."""

_BY_NAME = {source.name: source for source in SOURCES}


def candidates(asked: Asked) -> Iterator[Candidate]:
    """The candidates of all sources, each item once."""
    return in_order(source.candidates(asked) for source in SOURCES)


def reason(candidate: Candidate, cause: Item | None) -> str:
    """Why a candidate is recommended."""
    if candidate.because == candidate.item:
        return OWN_ITEM
    return _BY_NAME[candidate.source].reason(cause)


def tier_of(items: Iterable[SlateItem]) -> Tier:
    """The tier of a slate with these items."""
    return best(_BY_NAME[place.source].tier for place in items)
