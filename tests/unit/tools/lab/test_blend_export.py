from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from millstream.domain.errors import InvalidInputError
from millstream.domain.keys import item_key
from millstream.domain.models.cards import Cost
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream_tools.lab.data.interactions import Ints
from millstream_tools.lab.models.covisitation import Covisitation, CovisitationKnobs
from millstream_tools.lab.models.ease import Ease, EaseKnobs
from millstream_tools.lab.sequence.blend_graph import ItemToItem, blended_graph
from millstream_tools.lab.sequence.export import export_blend
from millstream_tools.lab.sequence.knobs import SequenceKnobs
from millstream_tools.lab.served.export.origin import Origin
from tests.references.sequence import scored
from tests.unit.tools.lab.made_up import interactions
from tests.unit.tools.lab.sequence_weights import made_up

IDS = [f"item {number}" for number in range(25)]
ORIGIN = Origin("set-1", 7, Cost(0, 0), 0, {})
WALKS = interactions(
    *((f"user {user}", IDS[(user + step * (1 + user % 3)) % len(IDS)]) for user in range(40) for step in range(8))
)
NEAR = 2e-3
"""In the logarithm of a score: rows of the other parts are halves."""


def others() -> list[ItemToItem]:
    """Co-visitation by its logarithm, and recency EASE as it is."""
    covisitation = Covisitation(CovisitationKnobs(last=10, asked_decay=0.7))
    ease = Ease(EaseKnobs(regularization=5, last=4, decay=0.5))
    covisitation.fit(WALKS, 0)
    ease.fit(WALKS, 0)
    items = len(WALKS.items)
    return [
        ItemToItem.of(covisitation, items, last=10, decay=0.7, weight=0.8, logarithm=1e-3),
        ItemToItem.of(ease, items, last=4, decay=0.5, weight=3.0),
    ]


def test_a_part_says_after_a_history_what_its_model_says() -> None:
    """What each item says alone is all that a linear model knows; the part hears the newest first."""
    covisitation = Covisitation(CovisitationKnobs(last=10, asked_decay=0.7))
    covisitation.fit(WALKS, 0)
    part = ItemToItem.of(covisitation, len(WALKS.items), last=10, decay=0.7, weight=0.8, logarithm=1e-3)
    history = np.array([5, 1, 9, 7])
    wanted = 0.8 * np.log(np.maximum(covisitation.score([history])[0], 0) + 1e-3)
    np.testing.assert_allclose(part.added(history[::-1]), wanted, atol=1e-9)


@pytest.mark.parametrize("temperature", [None, 0.2])
@pytest.mark.parametrize("tail", [[3], [3, 17, 8, 11, 2], list(range(12))])
def test_the_scorer_answers_by_the_sum_of_the_parts(tail: list[int], temperature: float | None, tmp_path: Path) -> None:
    """For tails within the window and beyond it, where the other parts hear more than the sequence model."""
    knobs = SequenceKnobs(width=8, window=6, temperature=temperature)
    weights, parts = made_up(knobs, len(IDS)), others()
    ids = list(WALKS.items)
    model = export_blend(knobs, weights, 0.5, parts, ids, tmp_path, ORIGIN)
    scorer = OnnxScorer.load(model.folder, model.version)
    newest_first: Ints = np.array(tail)
    total = 0.5 * scored(knobs, weights, newest_first[:6][::-1]) + sum(part.added(newest_first) for part in parts)
    total[newest_first] = -np.inf
    keys = [item_key(ids[number]) for number in tail]
    candidates = scorer.recommend(keys, keys, 10)
    found = [[item_key(name) for name in ids].index(candidate.item) for candidate in candidates]
    best = np.sort(total)[::-1][:10]
    np.testing.assert_allclose(total[found], best, atol=NEAR)
    np.testing.assert_allclose(np.log([c.score for c in candidates]), best - best[0], atol=2 * NEAR)


def test_a_blend_that_knows_nothing_of_a_user_says_nothing(tmp_path: Path) -> None:
    """As every scorer."""
    knobs = SequenceKnobs(width=8, window=6)
    model = export_blend(knobs, made_up(knobs, len(IDS)), 0.5, others(), list(WALKS.items), tmp_path, ORIGIN)
    scorer = OnnxScorer.load(model.folder, model.version)
    assert scorer.tail_items == 10
    assert scorer.recommend([item_key("never seen")], [], 10) == []


def test_parts_of_another_catalogue_are_refused() -> None:
    """Their rows would speak of other items."""
    knobs = SequenceKnobs(width=8, window=6)
    with pytest.raises(InvalidInputError, match=r"others\[0\].rows: expected 24 rows and columns, got \(25, 25\)"):
        blended_graph(knobs, made_up(knobs, 24), 0.5, others())
    with pytest.raises(InvalidInputError, match="weight: expected above 0, got 0"):
        blended_graph(knobs, made_up(knobs, 25), 0, others())
