"""Popularity by what is known of a user: learned, served, and with codes that the model does not know."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from millstream.domain.keys import item_key
from millstream.domain.models.cards import Cost
from millstream.learning.evaluation.ranking import ReadsAttributes, SparseScores, scored
from millstream.learning.export.model import Servable, export
from millstream.learning.export.origin import Origin
from millstream.learning.families.contract import Recommender
from millstream.learning.families.covisitation import Covisitation
from millstream.learning.families.families import LIGHT, Families
from millstream.learning.families.segments import Segments, SegmentsKnobs
from millstream.learning.interactions import Codes, Interactions
from millstream.scoring.onnx_scorer import OnnxScorer

USERS, ITEMS = 200, 30
SEGMENTS = {"family": "segments", "weight": 0.5, "knobs": {"smoothing": 10.0}}
PARTS = [{"family": "covisitation", "weight": 1.0}, SEGMENTS]
FAMILIES = Families(LIGHT)


def codes(*places: tuple[int, int]) -> Codes:
    """One row of codes, (place, code) each."""
    row = np.zeros((1, 8), np.uint16)
    for place, code in places:
        row[0, place] = code
    return row


def shop(seed: int = 1) -> Interactions:
    """Users whose items are of the half that their code says at place 2; a rare code, and one that says nothing."""
    draw = np.random.default_rng(seed)
    user = np.repeat(np.arange(USERS), 5)
    half = user % 2
    item = draw.integers(0, ITEMS // 2, len(user)) + half * (ITEMS // 2)
    attributes = np.zeros((len(user), 8), np.uint16)
    attributes[:, 2] = np.where(user < 3, 9, 1 + half)
    attributes[:, 7] = 1 + user % 3
    labels = [[f"{what}-{n}" for n in range(many)] for what, many in (("u", USERS), ("i", ITEMS))]
    order = draw.permutation(len(user))
    return Interactions(
        user[order], item[order], np.arange(len(user), dtype=float), *labels, attributes=attributes[order]
    )


def fitted(family: str = "segments", knobs: dict[str, object] | None = None) -> Recommender:
    """A model of the shop."""
    model = FAMILIES.create(family, knobs or {"smoothing": 10.0})
    model.fit(shop(), 0)
    return model


def served(model: Recommender, folder: Path) -> OnnxScorer:
    """As it is served."""
    assert isinstance(model, Servable)
    exported = export(model, shop().items, folder, Origin("set", 0, Cost(0, 0), 0, {}))
    return OnnxScorer.load(exported.folder, exported.version)


def test_the_items_of_the_segment_come_first() -> None:
    """With the code alone; without it, plain popularity."""
    model = fitted()
    (first,) = scored(model, [np.empty(0, np.int64)], codes((2, 1)))
    (second,) = scored(model, [np.empty(0, np.int64)], codes((2, 2)))
    assert set(np.argsort(-first)[: ITEMS // 2]) == set(range(ITEMS // 2))
    assert set(np.argsort(-second)[: ITEMS // 2]) == set(range(ITEMS // 2, ITEMS))
    popularity = FAMILIES.create("popularity", {})
    popularity.fit(shop(), 0)
    plain, counts = model.score([np.empty(0, np.int64)])[0], popularity.score([np.empty(0, np.int64)])[0]
    np.testing.assert_allclose(plain, counts / counts.sum())


@pytest.mark.parametrize("code", [9, 3, 40, 65_534])
def test_a_code_of_few_users_or_none_counts_as_unknown(code: int) -> None:
    """Also one that was declared after the fit."""
    model = fitted()
    assert np.array_equal(scored(model, [np.array([1])], codes((2, code))), model.score([np.array([1])]))


def test_what_is_known_is_counted_once_for_a_users_item() -> None:
    """With the attributes of the first event on it, so that nobody makes an item popular in a segment."""
    rows = Interactions(
        np.array([0, 1, *[2] * 50]), np.array([0, 1, *[1] * 50]), np.arange(52.0), ["a", "b", "c"], ["x", "y"],
        attributes=np.repeat(codes((0, 1)), 52, axis=0),
    )  # fmt: skip
    model = Segments(SegmentsKnobs(least_users=1))
    model.fit(rows, 0)
    assert model.score([np.empty(0, np.int64)])[0].tolist() == [1 / 3, 2 / 3]


@pytest.mark.parametrize(
    ("family", "knobs"),
    [
        ("segments", {"smoothing": 10.0}),
        ("blend", {"parts": PARTS}),
        ("blend", {"parts": PARTS, "scaled": True}),
        ("blend", {"parts": [PARTS[0], SEGMENTS | {"logarithm": 0.01}], "scaled": True}),
    ],
)
def test_the_served_form_answers_as_the_model(family: str, knobs: dict[str, object], tmp_path: Path) -> None:
    """With any codes, known or not; users without a history get nothing from a model."""
    model = fitted(family, knobs)
    scorer = served(model, tmp_path)
    assert scorer.reads_attributes
    keys = [item_key(item) for item in shop().items]
    for history in ([], [3], [3, 20, 7]):
        for places in ((), ((2, 1),), ((2, 2), (7, 3)), ((2, 9), (7, 65_534)), ((0, 5),)):
            known = codes(*places)
            tail = [keys[item] for item in reversed(history)]
            found = scorer.recommend(tail, [keys[2]], 8, known[0].tolist())
            if not history:
                assert found == []
                continue
            (row,) = scored(model, [np.array(history, np.int64)], known)
            row[2] = -np.inf
            expected = np.sort(row)[::-1][: len(found)]
            np.testing.assert_allclose(row[[keys.index(one.item) for one in found]], expected, rtol=2e-3, atol=1e-6)
            assert len(found) == 8
            assert {one.because for one in found} <= set(tail)


def test_a_saved_model_answers_as_before(tmp_path: Path) -> None:
    """Its lifts too."""
    model = fitted()
    model.save(tmp_path)
    again = FAMILIES.load("segments", tmp_path)
    known = codes((2, 2), (7, 1))
    assert np.array_equal(scored(again, [np.array([1])], known), scored(model, [np.array([1])], known))


def test_only_a_blend_with_such_a_part_reads_attributes(tmp_path: Path) -> None:
    """Others keep their graphs, and are ranked without dense rows."""
    assert isinstance(FAMILIES.create("blend", {"parts": PARTS}), ReadsAttributes)
    assert not isinstance(FAMILIES.create("blend", {"parts": PARTS}), SparseScores)
    plain = FAMILIES.create("blend", {"parts": PARTS[:1]})
    assert not isinstance(plain, ReadsAttributes)
    assert isinstance(plain, SparseScores)
    model = Covisitation()
    model.fit(shop(), 0)
    scorer = served(model, tmp_path)
    assert not scorer.reads_attributes
    assert scorer.recommend([], [], 5, codes((2, 1))[0].tolist()) == []
