"""The simulated shop as the demo, the tests and the experiments see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from millstream_tools.shops.contract import (
    Behaved,
    Behaviour,
    Day,
    Probed,
    ProbeSample,
    Product,
    SeenPolicy,
    Showcase,
    Shown,
    Slate,
    SlateValue,
    play,
)
from millstream_tools.shops.simulated.browsing import Found, browsing
from millstream_tools.shops.simulated.config import ShopConfig
from millstream_tools.shops.simulated.customers import DAY, Customers, PlannedVisit, customer_id
from millstream_tools.shops.simulated.house import ArmShares, House
from millstream_tools.shops.simulated.shopper import Shopper
from millstream_tools.shops.simulated.showcase import showcase
from millstream_tools.shops.simulated.visit import SimulatedVisit
from millstream_tools.shops.simulated.world import World


class SimulatedShop:
    """A `Shop` whose customers are simulated; two shops of one seed and config are the same shop.

    `probes` is how many questions a run asks, give or take a few per cent: what the customers will do depends on what
    they are shown, so it cannot be counted beforehand.
    """

    name = "simulated shop"
    exclude_seen: SeenPolicy = "session"

    def __init__(self, config: ShopConfig | None = None, *, seed: int = 1, probes: int = 1_500) -> None:
        """Build the shop and plan every visit; nothing has happened yet."""
        self.config = config or ShopConfig()
        self.world = World.of(seed, self.config)
        self._customers = Customers(seed, self.world.catalogue, self.config)
        self._visits = self._customers.all_visits()
        self._house = House(self.world, self._visits)
        self._seed, self._probes = seed, probes

    def summary(self) -> Sequence[str]:
        """Counts of what was made up."""
        config, catalogue = self.config, self.world.catalogue
        history = sum(self._in_history(visit) for visit in self._visits)
        later, leaving = int((catalogue.first_day > 0).sum()), int((catalogue.last_day < config.days).sum())
        shelves = len(catalogue.shelves)
        return (
            f"{config.customers} customers, {config.products} products on {shelves} shelves, seed {self._seed}",
            f"history: {config.history_days} days, {history} visits",
            f"live: {config.live_days} days, {len(self._visits) - history} visits, about {self._probes} probes",
            f"{later} products appear after the first day, {leaving} leave; made up, so nothing was dropped",
        )

    def products(self) -> Sequence[Product]:
        """Everything that was on sale at some time before the cut; what has left is marked as not available."""
        catalogue, eve = self.world.catalogue, self.config.history_days - 1
        on_sale = catalogue.on_sale(eve)
        return [
            replace(product, available=bool(on_sale[place]))
            for place, product in enumerate(catalogue.products)
            if catalogue.first_day[place] <= eve
        ]

    def history(self) -> Iterator[Behaviour]:
        """All behaviour before the cut, under slates that the shop itself chose: popular or random."""
        return iter(self._played(self._visits))

    def days(self) -> Iterator[Day]:
        """The live days; play their visits against a recommender."""
        arms = ArmShares(self.config.millstream_share, self.config.popular_share)
        probes = self._probe_sample()
        for number in range(self.config.history_days, self.config.days):
            catalogue = self.world.catalogue
            arriving = np.flatnonzero(catalogue.first_day == number)
            leaving = np.flatnonzero(catalogue.last_day == number)
            yield Day(
                label=datetime.fromtimestamp(self.config.opens_at + number * DAY, UTC).strftime("%a %Y-%m-%d"),
                new_products=[catalogue.products[place] for place in arriving],
                retired=[catalogue.products[place].item_id for place in leaving],
                visits=[self._visit(plan, arms, probes) for plan in self._visits if plan.day == number],
            )

    def browsing(self) -> Iterator[Found]:
        """The same customers in a shop without slates, history and live days, each find beside its true rank.

        Visit by visit, in order of their beginnings; visits of different customers overlap in time.
        """
        return browsing(self.world, self._house, self._visits)

    def showcase(self) -> Showcase:
        """A customer with a past who, on a visit that is no part of `days`, takes up something new."""
        return showcase(self.world, self._house, self._customers, self._visits, self._past_items)

    def true_value(self, user_id: str, slate: Sequence[str], day: int | None = None) -> SlateValue:
        """The true value of a slate as the first page of a visit on a day (default: the first live day).

        Averages over what the visit may be about. Days count from the start of the history. Within a visit, ask the
        `truth` of its `Shown` step instead.
        """
        day = self.config.history_days if day is None else day
        visits = self._customers.visits(self._customer(user_id))
        if not visits:
            raise LookupError(f"user_id: expected a customer who ever visits, got {user_id!r}")
        taste = max((v for v in visits if v.day <= day), key=lambda v: v.started_at, default=visits[0]).taste
        chances = self._customers.intent_chances(taste, day)
        values = [Shopper(self.world, taste, day, intent).truth()(slate) for intent in range(len(chances))]
        return SlateValue(
            click=float(chances @ [value.click for value in values]),
            purchase=float(chances @ [value.purchase for value in values]),
        )

    def _customer(self, user_id: str) -> int:
        number = user_id.rpartition("-")[2]
        if not number.isdigit() or int(number) >= self.config.customers or customer_id(int(number)) != user_id:
            raise LookupError(
                f"user_id: expected {customer_id(0)} to {customer_id(self.config.customers - 1)}, got {user_id!r}"
            )
        return int(number)

    def _played(self, visits: Sequence[PlannedVisit]) -> list[Behaviour]:
        """What happened on those of the visits that are before the cut, in order of time."""
        arms = ArmShares(0.0, self.config.logged_popular_share)
        register = _Register()
        for plan in visits:
            if self._in_history(plan):
                play(self._visit(plan, arms, ProbeSample(self._seed, -1.0)), register)
        return sorted(register.behaviours, key=lambda behaviour: behaviour.occurred_at)

    def _past_items(self, customer: int) -> list[int]:
        past = self._played(self._customers.visits(customer))
        return [self.world.catalogue.index[behaviour.item_id] for behaviour in past]

    def _visit(self, plan: PlannedVisit, arms: ArmShares, probes: ProbeSample) -> SimulatedVisit:
        return SimulatedVisit(self.world, self._house, plan, arms, probes)

    def _in_history(self, plan: PlannedVisit) -> bool:
        return plan.day < self.config.history_days

    def _probe_sample(self) -> ProbeSample:
        """A probe can precede any product that is found without a slate; their expected number sets the rate."""
        config = self.config
        quit_after_page = 1 / config.pages_per_visit
        pages = (1 - (1 - quit_after_page) ** config.most_pages) / quit_after_page
        found_per_visit = pages * (1 - config.slate_page) - config.slate_page  # the first page counts twice
        live = sum(not self._in_history(plan) for plan in self._visits)
        return ProbeSample.at_rate(self._seed, self._probes, live * found_per_visit)


class _Register:
    """A storefront without a recommender: shows the house's slates and keeps what customers do."""

    def __init__(self) -> None:
        self.behaviours: list[Behaviour] = []

    def accept(self, step: Behaved) -> None:
        self.behaviours.extend(step.behaviours)

    def show(self, step: Shown) -> Slate:
        return Slate(step.house_slate or ())

    def probe(self, step: Probed) -> None:
        """Do nothing: there is no recommender."""
