"""Session-kNN is its formula, in numpy and as it is served."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from millstream.domain.keys import item_key
from millstream.domain.models.cards import Cost
from millstream.learning.export.model import export
from millstream.learning.export.origin import Origin
from millstream.learning.families.session_knn import SessionKnn, SessionKnnKnobs
from millstream.learning.interactions import Interactions
from millstream.scoring.onnx_scorer import OnnxScorer
from tests.references.session_knn import contributions

ITEMS = [f"item {number}" for number in range(9)]
NEAR = 1e-5
DAY_S = 86_400.0

sessions = st.lists(st.lists(st.integers(0, 8), min_size=2, max_size=6, unique=True), min_size=1, max_size=12)
knobs = st.builds(
    SessionKnnKnobs,
    neighbours=st.integers(1, 5),
    last=st.integers(1, 4),
    decay=st.sampled_from([0.5, 0.8, 1.0]),
    spread=st.sampled_from([0.5, 1.0]),
    asked_idf=st.sampled_from([0.0, 0.5]),
    idf=st.sampled_from([0.0, 1.0]),
    half_life_days=st.sampled_from([None, 2.0]),
    item_sessions=st.integers(1, 4),
)


@given(sessions, knobs, st.lists(st.integers(0, 8), min_size=1, max_size=6, unique=True))
def test_it_is_its_formula_in_numpy_and_as_served(
    past: list[list[int]], settings: SessionKnnKnobs, tail: list[int]
) -> None:
    """For any sessions, one a day, and any question: the scores, and the items that led most to them."""
    user = np.repeat(np.arange(len(past)), [len(session) for session in past])
    data = Interactions(user, np.concatenate(past), user * DAY_S, [str(n) for n in range(len(past))], ITEMS)
    model = SessionKnn(settings)
    model.fit(data, 0)
    half_life = settings.half_life_days
    recency = [0.5 ** (age / half_life) if half_life else 1.0 for age in range(len(past))]
    added = contributions(past[::-1], len(ITEMS), settings, tail, recency)
    expected = added.sum(axis=0)
    np.testing.assert_allclose(model.score([np.array(tail[::-1])])[0], expected, rtol=NEAR, atol=1e-9)
    keys = [item_key(item) for item in ITEMS]
    with tempfile.TemporaryDirectory() as folder:
        exported = export(model, ITEMS, Path(folder), Origin("set", 0, Cost(0, 0), 0, {}))
        scorer = OnnxScorer.load(exported.folder, exported.version)
        found = scorer.recommend([keys[item] for item in tail], [], len(ITEMS))
        with_a_stranger = scorer.recommend([*(keys[item] for item in tail), item_key("stranger")], [], len(ITEMS))
    assert [(one.item, one.score) for one in with_a_stranger] == [(one.item, one.score) for one in found]
    assert {one.item for one in found} == {keys[item] for item in np.flatnonzero(expected)}
    for one in found:
        item = keys.index(one.item)
        np.testing.assert_allclose(one.score, expected[item], rtol=NEAR)
        assert one.because is not None
        np.testing.assert_allclose(added[tail.index(keys.index(one.because)), item], added[:, item].max(), rtol=NEAR)
