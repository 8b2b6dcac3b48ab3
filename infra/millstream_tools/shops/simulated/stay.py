"""Plays the pages of one visit."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Sequence

from millstream_tools.shops.contract import Behaviour, BehaviourKind, Probed, ProbeSample, Shown, Slate, Step
from millstream_tools.shops.simulated.customers import PlannedVisit, customer_id
from millstream_tools.shops.simulated.diary import Diary
from millstream_tools.shops.simulated.house import Arm
from millstream_tools.shops.simulated.luck import PageLuck
from millstream_tools.shops.simulated.shopper import Shopper
from millstream_tools.shops.simulated.world import World

SlateFor = Callable[[int, Sequence[int]], tuple[Arm, tuple[str, ...] | None]]
"""Whose slate a page shows to one who has seen these products; the slate, unless the recommender is to choose it."""

_NOTHING_SHOWN = Slate(())
_SHORTEST_LOOK, _MEAN_REST_OF_LOOK, _TO_CART, _TO_PAY, _TO_RATE = 4.0, 25.0, 3.0, 2.0, 1.0  # seconds


class Stay:
    """The state of one visit being played; belongs to one call of `steps`."""

    def __init__(self, world: World, plan: PlannedVisit, probes: ProbeSample, slate_for: SlateFor | None) -> None:
        """Enter the shop; without `slate_for` no page shows a slate."""
        self._config, self._catalogue = world.config, world.catalogue
        self._user_id, self._probes, self._slate_for = customer_id(plan.customer), probes, slate_for
        self.shopper = Shopper(world, plan.taste, plan.day, plan.intent)
        self._diary = Diary(world, plan)
        self._to_rate: list[tuple[int, float]] = []

    def page(self, number: int, luck: PageLuck) -> Generator[Step, Slate | None, list[Behaviour]]:
        """Live through one page and return what the customer did on it."""
        if number and luck.walk < self._config.intent_changed:
            self.shopper.walks_on()
        slate_share = self._config.slate_page * (2 if number == 0 else 1)
        if self._slate_for is not None and luck.kind < slate_share:
            arm, house_slate = self._slate_for(number, self.shopper.seen)
            slate = (yield self._shown(arm, house_slate)) or _NOTHING_SHOWN
            done = list(self._reacts(slate, luck))
        else:
            done = yield from self._finds(luck)
        self._diary.wait(_SHORTEST_LOOK - _MEAN_REST_OF_LOOK * math.log1p(-luck.dwell))
        return done

    def ratings(self) -> list[Behaviour]:
        """The ratings that the customer leaves on the way out."""
        return [self._note_after(_TO_RATE, BehaviourKind.RATED, item, stars) for item, stars in self._to_rate]

    def _shown(self, arm: Arm, house_slate: tuple[str, ...] | None) -> Shown:
        n = self._config.slate_size
        return Shown(self._user_id, n, self._diary.now, arm, house_slate, self.shopper.truth())

    def _reacts(self, slate: Slate, luck: PageLuck) -> Iterator[Behaviour]:
        clicked = self.shopper.chances(slate.item_ids).clicked(luck.choice)
        if clicked is None:
            return
        item, meant = clicked
        yield self._diary.note(BehaviourKind.VIEWED, item, led_by=slate)
        self.shopper.looks_at(item, meant=meant)
        if meant:
            yield from self._may_buy(item, luck, Slate((), slate.recommendation_id))

    def _finds(self, luck: PageLuck) -> Generator[Step, Slate | None, list[Behaviour]]:
        item = self.shopper.finds(luck.choice)
        if item is None:
            return []
        view = self._diary.note(BehaviourKind.VIEWED, item)
        if self._probes.holds(view.event_id):
            yield Probed(view.user_id, view.item_id, view.occurred_at)
        self.shopper.looks_at(item)
        return [view, *self._may_buy(item, luck, _NOTHING_SHOWN)]

    def _may_buy(self, item: int, luck: PageLuck, led_by: Slate) -> Iterator[Behaviour]:
        if luck.cart >= self.shopper.cart_chance(item):
            return
        yield self._note_after(_TO_CART, BehaviourKind.ADDED_TO_CART, item, None, led_by)
        if luck.purchase >= self._config.purchase:
            return
        yield self._note_after(_TO_PAY, BehaviourKind.PURCHASED, item, self._catalogue.products[item].price, led_by)
        if luck.rating < self._config.rating:
            self._to_rate.append((item, self.shopper.stars(item, luck.stars)))

    def _note_after(
        self, seconds: float, kind: BehaviourKind, item: int, value: float | None, led_by: Slate = _NOTHING_SHOWN
    ) -> Behaviour:
        self._diary.wait(seconds)
        return self._diary.note(kind, item, value, led_by)
