"""One visit, ready to be played.

Each page has its own row of random numbers, drawn before anything happens (`PageLuck`). So another slate on one page
changes what follows from it and nothing else: the comparison of two recommenders has little noise (common random
numbers), and a visit never depends on what other customers do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from millstream_tools.shops.contract import ProbeSample, Steps, in_batches
from millstream_tools.shops.simulated.chance import chance
from millstream_tools.shops.simulated.customers import PlannedVisit, customer_id
from millstream_tools.shops.simulated.house import Arm, ArmShares, House
from millstream_tools.shops.simulated.luck import PageLuck
from millstream_tools.shops.simulated.stay import Stay
from millstream_tools.shops.simulated.world import World


@dataclass(frozen=True, slots=True)
class SimulatedVisit:
    """A planned visit in its world; reads world and house, changes neither."""

    world: World
    house: House
    plan: PlannedVisit
    arms: ArmShares
    probes: ProbeSample
    with_slates: bool = True

    @property
    def user_id(self) -> str:
        """The user's id."""
        return customer_id(self.plan.customer)

    @property
    def started_at(self) -> float:
        """When the visit begins, in epoch seconds."""
        return self.plan.started_at

    def steps(self) -> Steps:
        """Page by page, a slate is shown or a product found, and perhaps bought; ratings come last."""
        stay = self.stay()
        for number, luck in enumerate(self.pages()):
            done = yield from stay.page(number, luck)
            yield from in_batches(done)
        yield from in_batches(stay.ratings())

    def stay(self) -> Stay:
        """The visit about to be played."""
        return Stay(self.world, self.plan, self.probes, self.slate_for if self.with_slates else None)

    def slate_for(self, page: int, seen: Sequence[int]) -> tuple[Arm, tuple[str, ...] | None]:
        """Whose slate a page shows, and the slate itself unless the recommender is to choose it."""
        n, day = self.world.config.slate_size, self.plan.day
        moment = (self.plan.customer, self.plan.number, page)
        arm = self.arms.arm(self.world.seed, *moment)
        if arm == "popular":
            return arm, self.house.popular(day, n, seen)
        if arm == "random":
            return arm, self.house.random(day, n, seen, *moment)
        return arm, None

    def pages(self) -> list[PageLuck]:
        """The luck of each page."""
        config = self.world.config
        draw = chance(self.world.seed, "visit", self.plan.customer, self.plan.number)
        pages = min(int(draw.geometric(1 / config.pages_per_visit)), config.most_pages)
        return [PageLuck(*row) for row in draw.random((pages, len(PageLuck._fields))).tolist()]
