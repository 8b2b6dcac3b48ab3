"""What is bought and looked at now."""

from __future__ import annotations

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
from millstream.domain.views.trend import HALF_LIFE_MS, KEPT, PRUNED_EVERY, Trend, heaviest
from tests.builders import NOW_MS, SHARD, cores, event, trend_of, views
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
    trend.fold(0, 2, cores(event("lamp")))
    trend.fold(-1, 99, cores(event("lamp")))
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


def test_a_trend_keeps_the_heaviest_and_forgets_the_rest() -> None:
    """After a fixed count of events; what is heavy is never forgotten."""
    heavy = [event("heavy", EventKind.ItemPurchased, event_id=f"p{number}") for number in range(10)]
    trend = trend_of([*heavy, *views(*many(3 * PRUNED_EVERY - 10), every_s=0)])
    assert len(trend.weights) == KEPT
    assert item_key("heavy") in trend.weights


def test_any_cut_into_batches_prunes_at_the_same_events() -> None:
    """Packed and unpacked after every event, or never."""
    happened = views(*many(2 * PRUNED_EVERY + 7), every_s=600)
    often = Trend()
    for sequence, one in enumerate(happened, 1):
        often.fold(0, sequence, cores(one))
        often = trend_row.unpack(trend_row.pack(often))
    assert trend_row.pack(often) == trend_row.pack(trend_of(happened))


def test_the_largest_trend_row_costs_fifteen_write_units() -> None:
    """Just before a pruning, whatever the size of the catalogue."""
    trend = trend_of(views(*many(2 * PRUNED_EVERY - 1), every_s=0))
    assert len(trend.weights) == KEPT + PRUNED_EVERY - 1
    row: dict[str, dict[str, Any]] = {
        **trend_key(FIRST_VIEW.number, SHARD),
        "s": {"B": trend_row.pack(trend)},
        "v": {"N": str(10**18 - 1)},
    }
    assert write_units(item_bytes(row)) == 15


@pytest.mark.parametrize("damaged", [b"", b"\x01", b"\x07" + bytes(60), trend_row.pack(trend_of(views("a")))[:-1]])
def test_bytes_that_are_no_trend_row_are_refused(damaged: bytes) -> None:
    """Too short, or of a format to come."""
    with pytest.raises(InvalidRecordError, match="trend row: "):
        trend_row.unpack(damaged)
