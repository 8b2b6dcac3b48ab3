"""A blend with a sequence model as the folder that is served."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from millstream.domain.keys import item_key
from millstream.domain.models.cards import Cost
from millstream.learning.export.model import order_of, write_served
from millstream.learning.export.origin import Origin
from millstream.learning.export.served import ServedBlend, Weighted
from millstream.learning.families.covisitation import Covisitation, CovisitationKnobs
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream_tools.lab.models.ease import Ease, EaseKnobs
from millstream_tools.lab.sequence.export import in_order
from millstream_tools.lab.sequence.graph import ServedSequence
from millstream_tools.lab.sequence.graph_layers import Weights
from millstream_tools.lab.sequence.knobs import SequenceKnobs
from tests.references.sequence import scored
from tests.unit.tools.lab.made_up import interactions
from tests.unit.tools.lab.sequence_weights import made_up

IDS = [f"item {number}" for number in range(25)]
WALKS = interactions(
    *((f"user {user}", IDS[(user + step * (1 + user % 3)) % len(IDS)]) for user in range(40) for step in range(8))
)
NEAR = 2e-3
"""In the logarithm of a score: rows of the other parts are halves."""


def served(knobs: SequenceKnobs, weights: Weights, folder: Path) -> tuple[OnnxScorer, Covisitation, Ease]:
    """Half the sequence model, co-visitation by its logarithm, and recency EASE as it is."""
    covisitation = Covisitation(CovisitationKnobs(last=10, asked_decay=0.7))
    ease = Ease(EaseKnobs(regularization=5, last=4, decay=0.5))
    covisitation.fit(WALKS, 0)
    ease.fit(WALKS, 0)
    order = order_of(WALKS.items)
    place = np.argsort(order)
    blend = ServedBlend(
        [
            Weighted(ServedSequence(knobs, in_order(weights, order)), 0.5),
            Weighted(covisitation.served(place), 0.8, 1e-3),
            Weighted(ServedBlend([Weighted(ease.served(place), 1.5)]), 2.0),
        ]
    )
    origin = Origin("set-1", 7, Cost(0, 0), 0, {})
    model = write_served(blend, [WALKS.items[item] for item in order], folder, origin, {})
    return OnnxScorer.load(model.folder, model.version), covisitation, ease


@pytest.mark.parametrize("temperature", [None, 0.2])
@pytest.mark.parametrize("tail", [[3], [3, 17, 8, 11, 2], list(range(12))])
def test_the_scorer_answers_by_the_sum_of_the_parts(tail: list[int], temperature: float | None, tmp_path: Path) -> None:
    """For tails within the window and beyond it, where the other parts hear more than the sequence model."""
    knobs = SequenceKnobs(width=8, window=6, temperature=temperature)
    weights = made_up(knobs, len(IDS))
    scorer, covisitation, ease = served(knobs, weights, tmp_path)
    newest_first = np.array(tail)
    history = newest_first[::-1]
    total = 0.5 * scored(knobs, weights, newest_first[:6][::-1])
    total = total + 0.8 * np.log(covisitation.score([history])[0] + 1e-3) + 3.0 * ease.score([history])[0]
    total[newest_first] = -np.inf
    ids = list(WALKS.items)
    keys = [item_key(ids[number]) for number in tail]
    candidates = scorer.recommend(keys, keys, 10)
    found = [[item_key(name) for name in ids].index(candidate.item) for candidate in candidates]
    best = np.sort(total)[::-1][:10]
    np.testing.assert_allclose(total[found], best, atol=NEAR)
    np.testing.assert_allclose(np.log([c.score for c in candidates]), best - best[0], atol=2 * NEAR)
    assert {candidate.because for candidate in candidates} <= set(keys)


def test_a_blend_that_knows_nothing_of_a_user_says_nothing(tmp_path: Path) -> None:
    """As every scorer; an unknown item among known ones is passed over."""
    knobs = SequenceKnobs(width=8, window=6)
    scorer, _, _ = served(knobs, made_up(knobs, len(IDS)), tmp_path)
    assert scorer.tail_items == 10
    assert scorer.recommend([item_key("never seen")], [], 10) == []
    known = scorer.recommend([item_key("never seen"), item_key(IDS[3])], [], 10)
    assert {candidate.because for candidate in known} == {item_key(IDS[3])}
