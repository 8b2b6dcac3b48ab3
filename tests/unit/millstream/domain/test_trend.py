"""What is bought and looked at now."""

from __future__ import annotations

import random
import struct
from typing import Any

import pytest

from millstream.adapters.aws.dynamo_feature_store import trend_key
from millstream.application.ports import FIRST_VIEW
from millstream.domain.errors import InvalidRecordError
from millstream.domain.keys import item_key
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import Position, shard_name
from millstream.domain.views import trend_row
from millstream.domain.views.decay import HALF_LIVES_PER_ERA
from millstream.domain.views.trend import HALF_LIFE_MS, KEPT, Trend, heaviest
from tests.builders import NOW_MS, SHARD, event, shares, trend_of, views
from tests.references.dynamo_size import item_bytes, write_units


def ids(trend: Trend, *item_ids: str) -> dict[str, float]:
    """The weights of these items, relative to the first."""
    return {item_id: trend.weights[item_key(item_id)] / trend.weights[item_key(item_ids[0])] for item_id in item_ids}


def test_a_cart_weighs_two_views_and_a_purchase_four() -> None:
    """All at the same time, nothing has aged."""
    trend = trend_of(
        [
            event("viewed"),
            event("carted", EventKind.ItemAddedToCart),
            event("bought", EventKind.ItemPurchased),
            event("rated", EventKind.ItemRated),
        ]
    )
    assert ids(trend, "viewed", "carted", "bought", "rated") == {"viewed": 1, "carted": 2, "bought": 4, "rated": 1}


def test_an_event_a_half_life_ago_weighs_half() -> None:
    """Exactly, also across the move of the landmark."""
    for start in (NOW_MS, HALF_LIFE_MS * HALF_LIVES_PER_ERA * 100 - HALF_LIFE_MS):
        trend = trend_of([event("new", at_ms=start + HALF_LIFE_MS), event("old", at_ms=start)])
        assert ids(trend, "new", "old") == {"new": 1, "old": 0.5}
        late = trend_of([event("old", at_ms=start), event("new", at_ms=start + HALF_LIFE_MS)])
        assert ids(late, "new", "old") == {"new": 1, "old": 0.5}


def test_a_record_at_or_before_the_position_changes_nothing() -> None:
    """A second delivery."""
    trend = trend_of([event("lamp"), event("lamp")])
    before = trend_row.pack(trend)
    trend.fold(0, 2, shares(event("lamp")))
    trend.fold(-1, 99, shares(event("lamp")))
    assert trend_row.pack(trend) == before
    assert trend.position == Position(SHARD, 2)


def test_reported_satisfaction_makes_nothing_popular() -> None:
    """A shop whose first event is one has no trending items, not one of weight zero."""
    assert heaviest([trend_of([event("lamp", EventKind.SatisfactionReported)])], 10) == []


def test_the_heaviest_come_first_and_ties_by_key() -> None:
    """The same order on every machine."""
    trend = trend_of(views("a", "b", "c", "c", every_s=0))
    keys = [item for item, _ in heaviest([trend], 10)]
    assert keys == [item_key("c"), *sorted([item_key("a"), item_key("b")])]
    assert len(heaviest([trend], 2)) == 2


def test_shards_add_up_from_the_newest_landmark() -> None:
    """A shard that stood still since an earlier era does not weigh more for it."""
    era = HALF_LIFE_MS * HALF_LIVES_PER_ERA
    old = trend_of([event("a", at_ms=99 * era)])
    new = trend_of([event("a", at_ms=100 * era), event("b", at_ms=100 * era)], shard_name(1))
    (first, weight), (second, other) = heaviest([new, old], 2)
    assert (first, second) == (item_key("a"), item_key("b"))
    assert (weight, other) == (1 + 2.0**-HALF_LIVES_PER_ERA, 1.0)
    assert heaviest([], 5) == []


def many(count: int) -> list[str]:
    """Distinct item ids."""
    return [f"item-{number}" for number in range(count)]


def test_a_trend_counts_so_many_items_and_forgets_the_lightest() -> None:
    """What is heavy stays; a new item inherits the weight of the one whose place it takes, and no more is certain."""
    heavy = [event("heavy", EventKind.ItemPurchased, event_id=f"p{number}") for number in range(10)]
    trend = trend_of([*heavy, *views(*many(3 * KEPT), every_s=0)])
    assert len(trend.weights) == KEPT
    assert ids(trend, "heavy", f"item-{3 * KEPT - 1}") == {"heavy": 1, f"item-{3 * KEPT - 1}": pytest.approx(4 / 40)}
    assert trend.errors[item_key(f"item-{3 * KEPT - 1}")] / trend.weights[item_key("heavy")] == pytest.approx(3 / 40)
    certain = dict(heaviest([trend], KEPT))
    assert certain[item_key("heavy")] == pytest.approx(40 * certain[item_key(f"item-{3 * KEPT - 1}")])


def test_an_inherited_weight_decays_as_the_weight_does() -> None:
    """Also across the move of the landmark."""
    start = HALF_LIFE_MS * HALF_LIVES_PER_ERA * 100 - HALF_LIFE_MS
    items = many(KEPT + 1)
    trend = trend_of(views(*items, start_ms=start, every_s=0))
    trend.fold(0, trend.sequence + 1, shares(event("item-7", at_ms=start + HALF_LIFE_MS)))
    assert trend.weights[item_key("item-7")] == 1 + trend.errors[item_key(items[-1])]
    assert trend.weights[item_key(items[-1])] == 2 * trend.errors[item_key(items[-1])] == 1.0


def test_a_newcomer_that_leads_is_shown() -> None:
    """It was left out: 512 old items with 3 views, then 100 windows of 512 views, two of them its own."""
    old = [*many(512)] * 3
    trend = trend_of(views(*old, every_s=0))
    for window in range(100):
        others = [f"once-{window}-{number}" for number in range(510)]
        trend.fold(0, trend.sequence + 1, shares(*views("newcomer", *others, "newcomer", every_s=0)))
    (first, weight), (_, second) = heaviest([trend], 2)
    assert first == item_key("newcomer")
    assert weight > 10 * second


def test_an_item_with_half_a_percent_of_the_traffic_is_never_absent() -> None:
    """True rank 20 of 5,000, six days long: it was dropped between two of its views."""
    trend = Trend()
    chance = random.Random(5)
    items = [f"item-{number}" for number in range(5_000)]
    weights = [*[0.01] * 19, 0.005, *[0.805 / 4_980] * 4_980]
    for number, item_id in enumerate(chance.choices(items, weights, k=60_000)):
        at_ms = NOW_MS + number * 6 * 24 * 3600 * 1000 // 60_000
        trend.fold(0, number + 1, [(item_key(item_id), at_ms, 1.0)])
    assert item_key("item-19") in [item for item, _ in heaviest([trend], 20)]


def test_any_cut_into_batches_gives_the_same_trend() -> None:
    """Packed and unpacked after every event, or never."""
    happened = views(*many(KEPT + 90), *many(40), *many(KEPT + 60), every_s=600)
    often = Trend()
    for sequence, one in enumerate(happened, 1):
        often.fold(0, sequence, shares(one))
        if sequence > KEPT:
            often = trend_row.unpack(trend_row.pack(often))
    assert trend_row.pack(often) == trend_row.pack(trend_of(happened))


def test_events_without_weight_take_no_place() -> None:
    """A rejection, and what is so old that its weight is rounded to nothing."""
    trend = trend_of([event("lamp"), event("desk", EventKind.ItemHidden), event("vase", at_ms=0)])
    assert set(trend.weights) == {item_key("lamp")}


@pytest.mark.parametrize(("stars", "weight"), [(0.5, 0), (1, 0), (1.5, 0), (2, 1), (5, 1), (None, 1)])
def test_a_bad_rating_makes_nothing_popular(stars: float | None, weight: float) -> None:
    """One star is not popularity; a rating without a value is one."""
    trend = trend_of([event("lamp"), event("lamp", EventKind.ItemRated, value=stars)])
    assert trend.weights[item_key("lamp")] == (1 + weight) * trend_of([event("lamp")]).weights[item_key("lamp")]


def test_the_largest_trend_row_costs_fourteen_write_units() -> None:
    """Whatever the size of the catalogue."""
    trend = trend_of(views(*many(2 * KEPT), every_s=0))
    assert len(trend.weights) == KEPT
    row: dict[str, dict[str, Any]] = {
        **trend_key(FIRST_VIEW.number, SHARD),
        "s": {"B": trend_row.pack(trend)},
        "v": {"N": str(10**18 - 1)},
    }
    assert write_units(item_bytes(row)) == 14


def test_a_full_row_of_format_1_keeps_its_heaviest_items() -> None:
    """It may hold more than a trend counts today."""
    items = {item_key(item_id): float(number + 1) for number, item_id in enumerate(many(1_000))}
    header = struct.pack(">Bi24sIQH", 1, 0, (7).to_bytes(24), 3, 5_000, len(items))
    trend = trend_row.unpack(header + b"".join(struct.pack(">6sd", *entry) for entry in sorted(items.items())))
    assert (len(trend.weights), min(trend.weights.values()), trend.errors) == (KEPT, 1_001.0 - KEPT, {})
    assert (trend.sequence, trend.era) == (7, 3)


@pytest.mark.parametrize("damaged", [b"", b"\x01", b"\x07" + bytes(60), trend_row.pack(trend_of(views("a")))[:-1]])
def test_bytes_that_are_no_trend_row_are_refused(damaged: bytes) -> None:
    """Too short, or of a format to come."""
    with pytest.raises(InvalidRecordError, match="trend row: "):
        trend_row.unpack(damaged)
