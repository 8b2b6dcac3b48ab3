"""Co-visitation: which items follow an item, weighted by closeness and discounted for popular items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from millstream.domain.views.tastes import TAIL_DECAY, TAIL_ITEMS
from millstream.domain.views.user_state import RECENT_EVENTS
from millstream.learning.evaluation.ranking import LedTo
from millstream.learning.families import counts, stored
from millstream.learning.families.counted import counted
from millstream.learning.families.counts import UNIT, both_ways, in_units
from millstream.learning.families.item_to_item import ItemToItem, Pairs, largest, newest_first
from millstream.learning.families.knobs import between, knobs_of, whole
from millstream.learning.families.transitions import Counting
from millstream.learning.interactions import Floats, Interactions, Ints

USER_EVENTS = 1_000
"""Events of a user that are kept for updates, to know the steps that this user has made."""


MOST_CONSUMED_WEIGHT = 10.0
"""Sums of ten million users per item fit; see `counts.UNIT`."""


@dataclass(frozen=True)
class CovisitationKnobs:
    """score(i -> j) = weight(i -> j) / ((out(i) + out_smoothing)^out_exponent * (in(j) + in_smoothing)^in_exponent).

    weight(i -> j) is the sum over the users of the heaviest of their `domain.views.tastes.transitions` from i to j, and
    of `backward` times those from j to i; out(i) and in(j) are its sums over j and over i. Why these defaults:
    docs/decisions/2026-11-22-which-model-serves-the-shop.md.
    """

    reach: int = TAIL_ITEMS
    """The number of latest distinct items before an event that give a transition to its item."""

    decay: float = TAIL_DECAY
    """The factor by which each earlier one counts less than the one after it."""

    gap_half_life_s: float | None = None
    """The seconds between two events with which their transition counts half; None: any pause is the same."""

    half_life_days: float | None = None
    """The days before the newest event of the data at which a transition counts half; None: any age is the same."""

    consumed_weight: float = 1.0
    """What a transition to an event of a consumed kind (a purchase) counts, relative to others."""

    backward: float = 0.7
    """The weight of i -> j for j -> i. 0: none."""

    out_smoothing: float = 30.0
    """Transition weight added to what leaves an item, so that a rare item's few transitions do not count as certain."""

    out_exponent: float = 0.5
    """How much a busy item's transitions are discounted: 0 not at all, 1 fully (probabilities)."""

    in_smoothing: float = 100.0
    """Transition weight added to what arrives at an item, so that a rare item is not taken for a specific one."""

    in_exponent: float = 0.5
    """How much a popular item is discounted as a recommendation: 0 not at all, 1 fully (lift)."""

    neighbours: int = 100
    """The number of best neighbours kept per item, six bytes each in the exported matrices."""

    last: int = TAIL_ITEMS
    """The number of latest distinct items of a history that are used."""

    asked_decay: float = 0.5
    """The factor by which each earlier item of a history counts less than the one after it."""

    def __post_init__(self) -> None:
        whole(self, "reach", "neighbours", "last")
        between(self, "decay", "asked_decay", above=0.0, most=1.0)
        between(self, "backward", "out_exponent", "in_exponent", most=1.0)
        between(self, "out_smoothing", "in_smoothing", above=0.0)
        between(self, "consumed_weight", most=MOST_CONSUMED_WEIGHT)
        for half_life in ("gap_half_life_s", "half_life_days"):
            if getattr(self, half_life) is not None:
                between(self, half_life, above=0.0)

    @property
    def counting(self) -> Counting:
        """Those that decide what is counted; the others only read the counts."""
        return Counting(self.reach, self.decay, self.gap_half_life_s, self.half_life_days, self.consumed_weight)


class Covisitation(ItemToItem):
    """See CovisitationKnobs for the formula. Updatable with single events, unless times or kinds count."""

    name = "covisitation"
    reads_rejections = True

    def __init__(self, knobs: CovisitationKnobs | None = None) -> None:
        self.knobs = knobs or CovisitationKnobs()
        self.last, self.decay, self.kept = self.knobs.last, self.knobs.asked_decay, self.knobs.neighbours
        self._take(counts.Pairs(*(np.empty(0, np.int64) for _ in range(3))), 0)
        self._recent: dict[int, list[int]] = {}
        if self.knobs.counting.by_items_alone:
            # An attribute, so that the others are not Updatable: an update has neither time nor kind.
            self.update = self._update

    @property
    def items(self) -> int:
        """See ItemToItem."""
        return len(self._leaving)

    def fit(self, train: Interactions, seed: int) -> None:
        """See Recommender. Raises InvalidInputError for half-lives if the data has no times."""
        self._take(both_ways(counted(train, self.knobs.counting), self.knobs.backward), len(train.items))
        self._recent = {
            user: history[-USER_EVENTS:].tolist() for user, history in enumerate(train.histories()) if len(history)
        }

    def work(self, rows: int, users: int, items: int) -> float:
        """See Estimated: that of the transitions, if they are not counted yet."""
        return float(rows * (3e-7 + 2.6e-7 * min(self.knobs.reach, rows / (2 * max(1, users)))))

    def _update(self, user: int, item: int) -> None:
        """See Updatable."""
        recent = self._recent.setdefault(user, [])
        known: dict[int, float] = {}
        for at in [at for at, one in enumerate(recent) if one == item]:
            for earlier, weight in self._steps(recent[:at], item):
                known[earlier] = max(weight, known.get(earlier, 0.0))
        for earlier, weight in self._steps(recent, item):
            units = int(in_units(np.array(weight)) - in_units(np.array(known.get(earlier, 0.0))))
            if units > 0:
                self._learn(earlier, item, units)
                self._learn(item, earlier, round(units * self.knobs.backward))
        recent.append(item)
        del recent[:-USER_EVENTS]
        self._rows.clear()

    def _steps(self, history: list[int], item: int) -> Iterator[tuple[int, float]]:
        """The transitions of an event on an item after a history: from which item, with which weight."""
        if history and history[-1] != item:
            latest = newest_first(np.array(history[-RECENT_EVENTS:]), self.knobs.reach)
            for rank, earlier in enumerate(latest.tolist()):
                if earlier != item:
                    yield earlier, self.knobs.decay**rank

    def leads_to(self, item: int) -> LedTo:
        """See ItemToItem."""
        row = self._rows.get(item)
        if row is None:
            entries = slice(self._starts[item], self._starts[item + 1])
            targets, units = self._pairs.targets[entries], self._pairs.units[entries]
            if learned := self._learned.get(item):
                codes = np.concatenate((targets, np.array(list(learned), np.int64)))
                targets, units = counts.summed(codes, np.concatenate((units, np.array(list(learned.values())))))
            sources = np.full(len(targets), item)
            row = self._rows[item] = largest(targets, self._scores(sources, targets, units), self.kept)
        return row

    def pairs(self) -> Pairs:
        """See ItemToItem."""
        sources, targets, units = self._all()
        return Pairs(sources, targets, self._scores(sources, targets, units))

    def save(self, folder: Path) -> None:
        """See Recommender."""
        sources, targets, units = self._all()
        users = [user for user, items in self._recent.items() for _ in items]
        recent = [item for items in self._recent.values() for item in items]
        arrays = {"sources": sources, "targets": targets, "units": units, "items": np.array([self.items])}
        arrays |= {"users": np.array(users, np.int64), "recent": np.array(recent, np.int64)}
        stored.save(folder, self.name, self.knobs, arrays)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """See Recommender."""
        knobs, arrays = stored.load(folder, cls.name)
        model = cls(knobs_of(CovisitationKnobs, knobs))
        model._take(counts.Pairs(arrays["sources"], arrays["targets"], arrays["units"]), int(arrays["items"][0]))
        for user, item in zip(arrays["users"].tolist(), arrays["recent"].tolist(), strict=True):
            model._recent.setdefault(user, []).append(item)
        return model

    def _take(self, pairs: counts.Pairs, items: int) -> None:
        self._pairs = pairs
        self._starts = np.searchsorted(pairs.sources, np.arange(items + 1))
        self._leaving, self._arriving = np.zeros(items, np.int64), np.zeros(items, np.int64)
        np.add.at(self._leaving, pairs.sources, pairs.units)
        np.add.at(self._arriving, pairs.targets, pairs.units)
        self._learned: dict[int, dict[int, int]] = defaultdict(dict)
        self._rows: dict[int, LedTo] = {}

    def _learn(self, source: int, target: int, units: int) -> None:
        """Add one transition."""
        if units:
            following = self._learned[source]
            following[target] = following.get(target, 0) + units
            self._leaving[source] += units
            self._arriving[target] += units

    def _all(self) -> counts.Pairs:
        """The fitted pairs and those of later updates."""
        learned = [(source, target, n) for source, row in self._learned.items() for target, n in row.items()]
        if learned:
            columns = (np.array(column, np.int64) for column in zip(*learned, strict=True))
            self._take(self._pairs.plus(counts.Pairs(*columns)), self.items)
        return self._pairs

    def _scores(self, sources: Ints, targets: Ints, units: Ints) -> Floats:
        """The score of each pair, [pairs]; the formula is in `CovisitationKnobs`."""
        leaving = self._leaving[sources] / UNIT + self.knobs.out_smoothing
        arriving = self._arriving[targets] / UNIT + self.knobs.in_smoothing
        return np.asarray(units / UNIT / (leaving**self.knobs.out_exponent * arriving**self.knobs.in_exponent))
