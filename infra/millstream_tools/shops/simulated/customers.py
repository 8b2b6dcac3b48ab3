"""The customers' planned visits, tastes and intents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from millstream_tools.shops.simulated.catalogue import Catalogue, Floats
from millstream_tools.shops.simulated.chance import chance
from millstream_tools.shops.simulated.config import ShopConfig
from millstream_tools.shops.simulated.demand import shelf_seasons

DAY = 86_400.0
_WEEKDAY_WEIGHTS = np.array([0.9, 0.9, 0.95, 1.0, 1.0, 1.15, 1.3])  # a week that peaks on Sunday, as shops' weeks do
_REST = 2 * 3600.0  # seconds between the starts of two visits of one customer, so that visits never overlap


@dataclass(frozen=True, slots=True)
class Taste:
    """What a customer likes at a moment: log weights of shelves and of style directions, and the dislike of prices."""

    interest: Floats
    style: Floats
    price_sensitivity: float

    def log_weights(self, catalogue: Catalogue) -> Floats:
        """The personal addend to every product's log weight."""
        return self.interest[catalogue.shelf] + self.appeal(catalogue)

    def appeal(self, catalogue: Catalogue) -> Floats:
        """The part of it that decides whether someone buys what they look at: style and price, not the shelf."""
        return catalogue.style @ self.style - self.price_sensitivity * catalogue.price_score


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """A visit before it is played: `number` counts this customer's visits, `intent` is the shelf it is about."""

    customer: int
    number: int
    started_at: float
    day: int
    taste: Taste
    intent: int


def customer_id(customer: int) -> str:
    """The user id of a customer number."""
    return f"customer-{customer:05d}"


class Customers:
    """Draws every customer's visits; each customer's draws are their own, so no two customers share any."""

    def __init__(self, seed: int, catalogue: Catalogue, config: ShopConfig) -> None:
        """Prepare what all customers have in common."""
        self._seed, self._catalogue, self._config = seed, catalogue, config
        self._seasons = shelf_seasons(catalogue, config)
        first_weekday = int(config.opens_at // DAY + 3) % 7  # 1 January 1970 was a Thursday; Monday counts 0
        self._day_weights = _WEEKDAY_WEIGHTS[(np.arange(config.days) + first_weekday) % 7]

    def all_visits(self) -> Sequence[PlannedVisit]:
        """Every visit of everybody, by start time."""
        visits = [visit for customer in range(self._config.customers) for visit in self.visits(customer)]
        return sorted(visits, key=lambda visit: (visit.started_at, visit.customer))

    def visits(self, customer: int) -> Sequence[PlannedVisit]:
        """All visits of one customer in order."""
        draw, config = chance(self._seed, "customer", customer), self._config
        starts = self._starts(draw)
        interest: Floats = draw.normal(0, config.interest_spread, (len(self._catalogue.shelves),))
        style: Floats = draw.normal(0, config.style_spread, (self._catalogue.style.shape[1],))
        sensitivity = config.price_sensitivity * draw.gamma(2.0, 0.5)
        visits: list[PlannedVisit] = []
        before = config.opens_at
        for number, start in enumerate(starts):
            kept = 0.5 ** ((start - before) / DAY / config.taste_half_life)
            interest = _drift(draw, interest, kept, config.interest_spread)
            style = _drift(draw, style, kept, config.style_spread)
            taste = Taste(interest, style, sensitivity)
            day = int((start - config.opens_at) // DAY)
            intent = self._intent(draw, taste, day, visits[-1].intent if visits else None)
            visits.append(PlannedVisit(customer, number, float(start), day, taste, intent))
            before = start
        return visits

    def intent_chances(self, taste: Taste, day: int) -> Floats:
        """(shelves,): the chance that a visit with a fresh mind is about each shelf."""
        weights = np.exp(taste.interest + self._seasons[day])
        return np.asarray(weights / weights.sum())

    def _starts(self, draw: np.random.Generator) -> Floats:
        config = self._config
        activity = draw.gamma(config.activity_shape, config.visits_per_day / config.activity_shape)
        weights = self._day_weights.copy()
        if draw.random() < config.late_customers:
            weights[: config.history_days] = 0.0
        count = draw.poisson(activity * weights.sum() / self._day_weights.mean())
        days = draw.choice(config.days, size=count, p=weights / weights.sum())
        hour = np.where(draw.random(count) < 0.4, draw.normal(12.5, 2.0, count), draw.normal(20.0, 1.8, count))
        starts = np.sort(config.opens_at + days * DAY + np.clip(hour, 0.1, 22.9) * 3600.0)
        return starts[np.diff(starts, prepend=-np.inf) > _REST]

    def _intent(self, draw: np.random.Generator, taste: Taste, day: int, before: int | None) -> int:
        kept, fresh = draw.random(2)
        if before is not None and kept < self._config.intent_kept:
            return before
        chances = np.cumsum(self.intent_chances(taste, day))
        return min(int(np.searchsorted(chances, fresh)), len(chances) - 1)


def _drift(draw: np.random.Generator, taste: Floats, kept: float, spread: float) -> Floats:
    """A step of an Ornstein-Uhlenbeck walk: tastes wander, but people do not become more extreme with time."""
    news: Floats = draw.normal(0, spread, taste.shape)
    return np.asarray(kept * taste + (1 - kept**2) ** 0.5 * news)
