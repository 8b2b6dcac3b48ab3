"""The trend against exact decayed counts: its errors are bounded, and no user owns it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.domain.keys import ItemKey, item_key
from millstream.domain.log.kinds import BEHAVIOUR, EventKind
from millstream.domain.views import trend as trend_module
from millstream.domain.views import trend_row
from millstream.domain.views.decay import weight
from millstream.domain.views.trend import HALF_LIFE_MS, KEPT, Trend, heaviest
from millstream.domain.views.user_state import DAY_MS, MOST_SHARES, Share, UserState
from tests.builders import NOW_MS, cores, event

FEW = 4
WHOLE = 1 + 1e-9
"""Sums of many doubles in another order."""


def folded(shares: Iterable[Share]) -> Trend:
    """The trend of these, one a record."""
    trend = Trend()
    for sequence, share in enumerate(shares, 1):
        trend.fold(0, sequence, [share])
    return trend


def exact(shares: Iterable[Share], era: int) -> Counter[ItemKey]:
    """The decayed weight of each item."""
    counted: Counter[ItemKey] = Counter()
    for item, at_ms, share in shares:
        counted[item] += share * weight(at_ms, HALF_LIFE_MS, era)  # type: ignore[assignment]
    return counted


def check_bounds(trend: Trend, shares: list[Share], kept: int) -> None:
    """What `trend` promises of its weights."""
    true = exact(shares, trend.era)
    most = sum(true.values()) / kept * WHOLE
    assert len(trend.weights) <= kept
    for item, upper in trend.weights.items():
        error = trend.errors.get(item, 0.0)
        assert (upper - error) / WHOLE <= true[item] <= upper * WHOLE
        assert error <= most
    assert {item for item, value in true.items() if value > most} <= set(trend.weights)


streams = st.lists(
    st.tuples(
        st.integers(0, 12).map(lambda number: item_key(f"item-{number}")),
        (st.integers(-20 * DAY_MS, 0) | st.integers(-400 * DAY_MS, 0)).map(lambda late_ms: NOW_MS + late_ms),
        st.sampled_from([1.0, 2.0, 4.0]),
    ),
    min_size=1,
    max_size=80,
)


@given(streams)
def test_every_weight_is_within_its_error(shares: list[Share]) -> None:
    """And an item with more than its share of the places is counted; the same bytes, however often it is stored.

    Also where the landmark moves: after 192 days.
    """
    with patch.object(trend_module, "KEPT", FEW):
        trend = folded(shares)
        check_bounds(trend, shares, FEW)
        stored = Trend()
        for sequence, share in enumerate(shares, 1):
            stored.fold(0, sequence, [share])
            stored = trend_row.unpack(trend_row.pack(stored))
    assert trend_row.pack(stored) == trend_row.pack(trend)


def season(chance: random.Random, events: int) -> Iterator[Share]:
    """Ten days with 3,000 items: halfway others become popular, newcomers appear, and a third of the ids are noise."""
    for number in range(events):
        at_ms = NOW_MS + number * 10 * DAY_MS // events
        late = number > events // 2
        draw = chance.random()
        if draw < 0.33:
            name = f"noise-{number}"
        elif draw < 0.36 and late:
            name = f"newcomer-{chance.randrange(3)}"
        else:
            name = f"{'autumn' if late else 'summer'}-{int(chance.paretovariate(0.9)) % 3_000}"
        yield item_key(name), at_ms, chance.choice([1.0, 1.0, 1.0, 2.0, 4.0])


@pytest.mark.parametrize("seed", range(3))
def test_over_a_change_of_season_the_top_is_that_of_exact_counts(seed: int) -> None:
    """With newcomers, and ids that nobody published; in 640 places for some 15,000 ids."""
    shares = list(season(random.Random(seed), 40_000))
    trend = folded(shares)
    check_bounds(trend, shares, KEPT)
    true = exact(shares, trend.era).most_common(30)
    shown = [item for item, _ in heaviest([trend], 40)]
    assert {item for item, _ in true[:20]} <= set(shown[:24])
    assert {item for item, _ in true} <= set(shown)
    assert {item_key(f"newcomer-{number}") for number in range(3)} <= set(shown[:30])


MOST_A_DAY = 1 + 2 + 4
MOST = 37
"""7 a day, of which 2^(-1/3) is left a day later: 33.9 together. Weights decay in steps of an eighth of a half-life."""

steps = st.tuples(
    st.integers(0, 3).map("item-{}".format),
    st.sampled_from(sorted(BEHAVIOUR)),
    st.sampled_from([0, 1, 60, 1_700, 3 * 3600, 25 * 3600]) | st.integers(-100_000, 400_000),
)


def way_of(way: list[tuple[str, EventKind, int]]) -> list[Share]:
    """What one user adds on a way through the shop."""
    shares: list[Share] = []
    state, at_ms = UserState(), NOW_MS
    for sequence, (item_id, kind, pause_s) in enumerate(way, 1):
        at_ms += 1000 * pause_s
        state.fold(0, sequence, cores(event(item_id, kind, at_ms=at_ms, event_id=f"e{sequence}")), shares)
    return shares


@given(st.lists(steps, max_size=150))
def test_one_user_adds_a_bounded_weight_to_an_item(way: list[tuple[str, EventKind, int]]) -> None:
    """At most a view, a cart and a purchase a day, by whatever clock; and at most 50 events."""
    shares = way_of(way)
    by_day: Counter[tuple[ItemKey, int]] = Counter()
    for item, at_ms, share in shares:
        by_day[item, at_ms // DAY_MS] += share  # type: ignore[assignment]
    assert max(by_day.values(), default=0) <= 2 * MOST_A_DAY
    trend = folded(shares)
    if shares:
        bound = MOST * weight(max(at_ms for _, at_ms, _ in shares), HALF_LIFE_MS, trend.era)
        assert max(trend.weights.values()) <= bound


VIEW, CART, PURCHASE = EventKind.ItemViewed, EventKind.ItemAddedToCart, EventKind.ItemPurchased
HASTY = [("favourite", (VIEW, CART, PURCHASE)[number % 3], 4) for number in range(20_000)]
"""All it can in a day."""

PATIENT = [
    ("favourite", kind, pause_s) for _ in range(60) for kind, pause_s in ((VIEW, 88_000), (CART, 1), (PURCHASE, 1))
]
"""No more than counts, for two months: the most that a user can add."""


def added(way: list[tuple[str, EventKind, int]]) -> float:
    """The weight that one user has added to the favourite at the end of a way, in views of that moment."""
    shares = way_of(way)
    trend = folded(shares)
    return trend.weights[item_key("favourite")] / weight(shares[-1][1], HALF_LIFE_MS, trend.era)


def test_a_user_adds_fifty_events_a_day() -> None:
    """Whatever the items; a day later the next ones count."""
    shares = way_of([(f"item-{number}", VIEW, 60) for number in range(90)])
    assert [item for item, _, _ in shares] == [item_key(f"item-{number}") for number in range(MOST_SHARES)]
    later = way_of([*((f"item-{number}", VIEW, 60) for number in range(90)), ("lamp", VIEW, 90_000)])
    assert later[-1][0] == item_key("lamp")


def test_a_bot_of_any_size_adds_what_one_customer_adds() -> None:
    """20,000 views of one item are one view; 20,000 views, carts and purchases are 7 views; the most is 34."""
    assert added([("favourite", VIEW, 4)] * 20_000) == 1
    assert added(HASTY) == pytest.approx(7)
    assert 30 < added(PATIENT) < MOST


@pytest.mark.parametrize(("views", "place"), [(72, None), (85, 9)])
def test_a_bot_moves_an_item_past_another_only_if_they_are_37_views_apart_or_less(
    views: int, place: int | None
) -> None:
    """A top ten of 200, 190, … 110 views by as many users, and an item with fewer views and a bot."""
    bot = way_of(PATIENT)
    now_ms = bot[-1][1]
    honest = [(item_key(f"top-{rank}"), now_ms, 200.0 - 10 * rank) for rank in range(10)]
    trend = folded([*bot, *honest, (item_key("favourite"), now_ms, float(views))])
    shown = [item for item, _ in heaviest([trend], 10)]
    assert (shown.index(item_key("favourite")) if item_key("favourite") in shown else None) == place
