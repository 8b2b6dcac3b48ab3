"""What each family computes, against its definition written down the long way."""

from __future__ import annotations

from collections import defaultdict
from math import sqrt
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from millstream.domain.errors import InvalidInputError
from millstream.domain.keys import item_key
from millstream.domain.models.cards import Cost
from millstream.domain.views.user_state import RECENT_EVENTS
from millstream.learning.export.model import export
from millstream.learning.export.origin import Origin
from millstream.learning.families.blend import Blend
from millstream.learning.families.covisitation import Covisitation, CovisitationKnobs
from millstream.learning.families.item_knn import ItemKnn, ItemKnnKnobs
from millstream.learning.families.own_items import OwnItems, OwnItemsKnobs
from millstream.learning.families.popularity import Popularity, PopularityKnobs
from millstream.learning.interactions import Floats, Interactions, Ints
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream_tools.lab.models.decayed_popularity import DecayedPopularity, DecayedPopularityKnobs
from millstream_tools.lab.models.ease import Ease, EaseKnobs
from millstream_tools.lab.models.families import create
from millstream_tools.lab.models.ials import Ials, IalsKnobs
from millstream_tools.lab.models.matrices import newest_first, user_item, weighted
from tests.contract.recommender_suite import HISTORIES, SEED
from tests.contract.recommender_suite import interactions as many
from tests.unit.tools.lab.made_up import interactions, ints

DAY = 86_400.0


def scores(model: Popularity | DecayedPopularity, data: Interactions) -> list[float]:
    """Of every item, without a history."""
    model.fit(data, SEED)
    found: list[float] = model.score([ints()])[0].tolist()
    return found


def test_popularity_counts_users() -> None:
    """Every one, also of the same user."""
    rows = [("ann", "a"), ("ann", "a"), ("bob", "b"), ("cem", "b")]
    assert scores(Popularity(), interactions(*rows)) == [1, 2]


def test_popularity_of_the_last_days_counts_back_from_the_newest_event() -> None:
    """An event exactly so many days before it no longer counts."""
    data = interactions(("ann", "a", 0.0), ("bob", "a", 1.0), ("ann", "b", 7 * DAY))
    assert scores(Popularity(PopularityKnobs(last_days=7)), data) == [1, 1]
    assert scores(Popularity(PopularityKnobs(last_days=6)), data) == [0, 1]


def test_popularity_of_the_last_days_needs_times() -> None:
    """An order does not say when."""
    with pytest.raises(InvalidInputError, match="last_days: expected none for data without times"):
        Popularity(PopularityKnobs(last_days=7)).fit(interactions(("ann", "a")), SEED)


def test_decayed_popularity_halves_an_event_every_half_life() -> None:
    """Counted in events of all users."""
    data = interactions(("ann", "a"), ("bob", "b"), ("ann", "a"), ("bob", "c"))
    assert scores(DecayedPopularity(DecayedPopularityKnobs(half_life_events=1)), data) == [0.125 + 0.5, 0.25, 1.0]


def test_item_knn_sums_the_cosines_of_an_items_best_neighbours() -> None:
    """Columns of the matrix of users and items, on made-up data with many of them."""
    data, kept, shrink = many(), 4, 1.5
    touched = user_item(data).toarray()
    norms = np.sqrt(touched.sum(axis=0))
    similar = touched.T @ touched / (np.outer(norms, norms) + shrink)
    np.fill_diagonal(similar, 0)
    model = ItemKnn(ItemKnnKnobs(neighbours=kept, shrink=shrink))
    model.fit(data, SEED)
    found = model.score([ints(item) for item in range(len(data.items))])
    for target, column in enumerate(found.T):
        best = np.sort(similar[target])[::-1][:kept]
        np.testing.assert_allclose(np.sort(column)[::-1][:kept], best)
        assert np.count_nonzero(column) == np.count_nonzero(best)
    few = ItemKnn(ItemKnnKnobs(neighbours=kept, shrink=shrink, spoken_for=2))
    few.fit(data, SEED)
    for row, all_of_row in zip(few.score([ints(item) for item in range(len(data.items))]), found, strict=True):
        np.testing.assert_allclose(np.sort(row)[::-1][:3], [*np.sort(all_of_row)[::-1][:2], 0])


def test_item_knn_counts_the_latest_items_of_a_user_with_many() -> None:
    """A bot that touched everything makes no pair of what it touched long ago."""
    data = interactions(*(("bot", item) for item in "abcd"), ("ann", "a"), ("ann", "b"))
    model = ItemKnn(ItemKnnKnobs(user_items=2))
    model.fit(data, SEED)
    a, b, c, d = (model.score([ints(item)])[0].tolist() for item in range(4))
    assert (a, b) == ([0, pytest.approx(1), 0, 0], [pytest.approx(1), 0, 0, 0])
    assert (c, d) == ([0, 0, 0, pytest.approx(1)], [0, 0, pytest.approx(1), 0])


@pytest.mark.parametrize("backward", [0.0, 0.4])
def test_covisitation_is_its_formula(backward: float) -> None:
    """User by user, with users who come back to an item, from the distinct items before an event."""
    knobs = CovisitationKnobs(reach=3, decay=0.6, backward=backward, last=2, asked_decay=0.5, in_smoothing=30)
    data = many()
    weights: dict[tuple[int, int], float] = defaultdict(float)
    for history in data.histories():
        heaviest: dict[tuple[int, int], float] = defaultdict(float)
        for place, target in enumerate(history.tolist()):
            before = list(dict.fromkeys(history[:place][::-1].tolist()))[:3]
            if before and before[0] != target:
                for rank, source in enumerate(before):
                    if source != target:
                        heaviest[source, target] = max(heaviest[source, target], 0.6**rank)
        for pair, weight in heaviest.items():
            weights[pair] += weight
    pairs = {*weights, *((target, source) for source, target in weights)}
    both = {(s, t): weights[s, t] + backward * weights[t, s] for s, t in pairs}
    leaving = [sum(w for (s, _), w in both.items() if s == item) for item in range(len(data.items))]
    arriving = [sum(w for (_, t), w in both.items() if t == item) for item in range(len(data.items))]
    model = Covisitation(knobs)
    model.fit(data, SEED)
    found = model.score([ints(9, 1, 2, 1)])[0]
    for target in range(len(data.items)):
        expected = sum(
            share * both.get((source, target), 0.0) / sqrt((leaving[source] + 30) * (arriving[target] + 30))
            for source, share in ((1, 1.0), (2, 0.5))
        )
        assert found[target] == pytest.approx(expected)


def test_covisitation_looks_back_as_far_as_a_row_does() -> None:
    """Beyond that many events on one other item, the first is forgotten."""
    for pause, leads in ((RECENT_EVENTS - 1, True), (RECENT_EVENTS, False)):
        data = interactions(("ann", "a"), *([("ann", "b")] * pause), ("ann", "c"))
        model = Covisitation(CovisitationKnobs(backward=0))
        model.fit(data, SEED)
        assert bool(model.score([ints(0)])[0][2] > 0) is leads


def test_ease_is_a_ridge_regression_of_each_item_on_the_others() -> None:
    """Solved item by item."""
    data = many()
    touched = user_item(data).toarray()
    model = Ease(EaseKnobs(regularization=10.0))
    model.fit(data, SEED)
    found = model.score([ints(item) for item in range(len(data.items))])
    for item in (0, 5, 20):
        others = np.delete(np.arange(len(data.items)), item)
        x = touched[:, others]
        solved = np.linalg.solve(x.T @ x + 10.0 * np.eye(len(others)), x.T @ touched[:, item])
        np.testing.assert_allclose(found[others, item], solved, atol=1e-10)
        assert found[item, item] == 0


def test_ease_refuses_a_catalogue_that_it_cannot_invert() -> None:
    """Before it takes the memory."""
    with pytest.raises(InvalidInputError, match="items: expected at most 10, as `most_items` says, got 24"):
        Ease(EaseKnobs(most_items=10)).fit(many(), SEED)


def test_a_history_that_ials_was_fitted_on_gets_the_users_factors() -> None:
    """The step from items to users is the one of the fit: an exact solution of the same equations."""
    data = many()
    model = Ials(IalsKnobs(factors=6, alpha=3.0, regularization=0.1, iterations=30))
    model.fit(data, SEED)
    items = model._library.item_factors
    for history, found in zip(HISTORIES, model.score(HISTORIES), strict=True):
        np.testing.assert_allclose(found, items @ _least_squares(items, history, 3.0, 0.1), atol=1e-4)


def _least_squares(items: Floats, history: Ints, alpha: float, regularization: float) -> Floats:
    """Hu, Koren and Volinsky's equation 4, in the library's confidences: alpha where touched, 1 elsewhere."""
    confidence = np.ones(len(items))
    touched = np.zeros(len(items))
    confidence[history], touched[history] = alpha, 1.0
    left = items.T @ (confidence[:, None] * items) + regularization * np.eye(items.shape[1])
    return np.asarray(np.linalg.solve(left, items.T @ (confidence * touched)))


def test_own_items_count_by_how_many_came_after_them() -> None:
    """The newest, which the user has just seen, counts what its knob says; an older one may be out of reach."""
    model = OwnItems(OwnItemsKnobs(last=3, decay=0.5, newest=0.1))
    model.fit(many(), SEED)
    found = model.score([ints(9, 4, 7, 4, 2)])[0]
    assert {item: score for item, score in enumerate(found.tolist()) if score} == {2: 0.1, 4: 0.5, 7: 0.25}


def test_an_own_item_is_served_because_of_itself(tmp_path: Path) -> None:
    """Not because of the items that lead to it."""
    parts = [{"family": "covisitation", "weight": 1.0}, {"family": "own_items", "weight": 100.0}]
    model = cast("Blend", create("blend", {"parts": parts}))
    model.fit(many(), SEED)
    exported = export(model, many().items, tmp_path, Origin("set", SEED, Cost(0, 0), 0, {}))
    tail = [item_key(many().items[item]) for item in (5, 8, 3)]
    candidates = OnnxScorer.load(exported.folder, exported.version).recommend(tail, [], 3)
    assert [(candidate.item, candidate.because) for candidate in candidates] == [(key, key) for key in tail]


def test_own_items_come_before_those_of_other_parts_by_their_weight() -> None:
    """Whatever goes with them; the newest, which counts nothing, is not among them."""
    parts = [
        {"family": "covisitation", "weight": 1.0},
        {"family": "own_items", "weight": 100.0, "knobs": {"newest": 0}},
    ]
    model = create("blend", {"parts": parts})
    model.fit(many(), SEED)
    assert model.recommend([ints(3, 8, 5)], 2, exclude_seen=False)[0].tolist() == [8, 3]


def test_a_blend_adds_its_parts_scores() -> None:
    """As they are, times their weights."""
    parts = [{"family": "popularity", "weight": 2.0}, {"family": "ease", "weight": 0.5, "knobs": {"last": 3}}]
    blend, first, second = create("blend", {"parts": parts}), create("popularity", {}), create("ease", {"last": 3})
    for model in (blend, first, second):
        model.fit(many(), SEED)
    np.testing.assert_allclose(blend.score(HISTORIES), 2.0 * first.score(HISTORIES) + 0.5 * second.score(HISTORIES))


def test_a_part_of_a_blend_may_count_by_its_logarithm() -> None:
    """What the part gives nothing to is unlikely, not impossible; a score below nothing is nothing."""
    knobs = {"regularization": 1.0}
    parts = [{"family": "ease", "weight": 0.5, "logarithm": 0.01, "knobs": knobs}]
    blend, ease = create("blend", {"parts": parts}), create("ease", knobs)
    for model in (blend, ease):
        model.fit(many(), SEED)
    scores = ease.score(HISTORIES)
    assert (scores < 0).any()
    np.testing.assert_allclose(blend.score(HISTORIES), 0.5 * np.log(np.maximum(scores, 0.0) + 0.01))


def test_the_latest_occurrence_of_an_item_is_the_one_that_counts() -> None:
    """Newest first, each item once."""
    assert newest_first(ints(3, 1, 3, 2, 1)).tolist() == [1, 2, 3]
    assert newest_first(ints(3, 1, 3, 2, 1), last=2).tolist() == [1, 2]
    assert weighted([ints(3, 1, 3), ints()], 4, last=2, decay=0.5).toarray().tolist() == [[0, 0.5, 0, 1], [0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("family", "knobs", "message"),
    [
        ("slim", {}, "family: expected one of popularity, .*, got 'slim'"),
        ("ease", {"lambda": 5}, "lambda: expected one of regularization, .*, got 5"),
        ("ease", {"regularization": 0}, "regularization: expected a number above 0, got 0"),
        ("ease", {"decay": 1.5}, "decay: expected a number above 0 and at most 1, got 1.5"),
        ("item_knn", {"neighbours": 2.5}, "neighbours: expected a whole number, at least 1, got 2.5"),
        ("covisitation", {"backward": 1.5}, "backward: expected a number at least 0 and at most 1, got 1.5"),
        ("covisitation", {"reach": 0}, "reach: expected a whole number, at least 1, got 0"),
        ("decayed_popularity", {"half_life_events": float("nan")}, "half_life_events: expected a number above 0"),
        ("blend", {"parts": []}, "parts: expected at least one, got 'none'"),
        ("blend", {"parts": [{"family": "ease", "weight": "much"}]}, "parts.0..weight: expected a number, got 'much'"),
        (
            "blend",
            {"parts": [{"family": "ease", "weight": 1, "logarithm": 0}]},
            "parts.0..logarithm: expected a number above 0, got 0",
        ),
        ("blend", {}, "blend: expected the knobs parts and, if needed, scaled, got 'none'"),
    ],
)
def test_a_wrong_knob_is_refused_by_name(family: str, knobs: dict[str, object], message: str) -> None:
    """Before anything is fitted."""
    with pytest.raises(InvalidInputError, match=message):
        create(family, knobs)
