"""Whatever the sources propose, a slate keeps its promises."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from millstream.application.recommend.catalogue_view import CatalogueView
from millstream.application.recommend.recommend import places
from millstream.application.recommend.sources import Asked
from millstream.application.recommend.sources import candidates as candidates_of_all
from millstream.domain.catalogue.filter_text import parse_filter
from millstream.domain.catalogue.filters import Condition
from millstream.domain.catalogue.items import Item
from millstream.domain.keys import ItemKey, item_key
from millstream.domain.slates.slate import Candidate, Source, in_order

ids = st.integers(0, 25).map("item-{}".format)
catalogues = st.dictionaries(
    ids, st.tuples(st.booleans(), st.none() | st.floats(0, 50), st.none() | st.sampled_from(["Toys", "Light"]))
).map(
    lambda drawn: {
        item_key(item_id): Item(item_id, item_id, category, price, None, available)
        for item_id, (available, price, category) in drawn.items()
    }
)
candidates = st.builds(
    Candidate, ids.map(item_key), st.floats(0, 1), st.sampled_from(Source), st.none() | ids.map(item_key)
)
sources = st.lists(st.lists(candidates, max_size=15), max_size=4)
filters = st.sampled_from(["", "price<20", "category=Toys", "category!=Toys,price>=10", "category=Toys|Light"]).map(
    parse_filter
)


@given(sources, st.integers(1, 20), catalogues, st.frozensets(ids.map(item_key)), filters)
def test_a_slate_keeps_its_promises(
    proposed: list[list[Candidate]],
    n: int,
    catalogue: dict[ItemKey, Item],
    excluded: frozenset[ItemKey],
    conditions: tuple[Condition, ...],
) -> None:
    """At most n items, none twice, none excluded or gone, each meets the filter, in the order of the sources."""
    slate = places(in_order(proposed), n, CatalogueView(catalogue, (), 0), excluded, conditions)
    shown = [place.item.key for place in slate]
    assert len(shown) <= n
    assert len(set(shown)) == len(shown)
    assert not set(shown) & excluded
    assert all(place.item.available and catalogue[place.item.key] == place.item for place in slate)
    assert all(condition.holds(place.item) for place in slate for condition in conditions)
    assert all(place.reason and place.propensity == 1.0 for place in slate)
    in_turn = list(dict.fromkeys(candidate.item for source in proposed for candidate in source))
    assert shown == [key for key in in_turn if key in set(shown)]
    assert _left_out_for_a_reason(in_turn, shown, n, catalogue, excluded, conditions)


@given(
    st.lists(ids.map(item_key), max_size=4),
    st.lists(ids.map(item_key), max_size=4, unique=True),
    st.integers(1, 30),
    catalogues,
    st.frozensets(ids.map(item_key)),
    filters,
)
def test_a_slate_is_filled_while_the_catalogue_has_items_for_it(
    trending: list[ItemKey],
    newest: list[ItemKey],
    n: int,
    catalogue: dict[ItemKey, Item],
    excluded: frozenset[ItemKey],
    conditions: tuple[Condition, ...],
) -> None:
    """It has min(n, number of items that qualify) items, whatever the sources before the catalogue propose."""
    view = CatalogueView(catalogue, newest, 0)
    weights = [(key, 2.0) for key in trending]
    asked = Asked(None, (), excluded, newest, lambda: weights, view.filtered.matching(conditions), 10)
    slate = places(candidates_of_all(asked), n, view, excluded, conditions)
    qualified = [
        key
        for key, item in catalogue.items()
        if item.available and key not in excluded and all(condition.holds(item) for condition in conditions)
    ]
    assert len(slate) == min(n, len(qualified))
    assert {place.item.key for place in slate} <= set(qualified)


def _left_out_for_a_reason(
    proposed: list[ItemKey],
    shown: list[ItemKey],
    n: int,
    catalogue: dict[ItemKey, Item],
    excluded: frozenset[ItemKey],
    conditions: tuple[Condition, ...],
) -> bool:
    if len(shown) == n:
        return True
    allowed = (
        key
        for key in proposed
        if key not in excluded and key in catalogue and catalogue[key].available
        if all(condition.holds(catalogue[key]) for condition in conditions)
    )
    return list(allowed) == shown
