"""What serving costs in accuracy: the exported model against the fitted one, for every family that can be chosen."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import pytest

from millstream.domain.models.cards import Cost
from millstream.learning.evaluation.as_served import AsServed, answers_of
from millstream.learning.evaluation.metrics import measure
from millstream.learning.evaluation.next_items import next_items_split
from millstream.learning.evaluation.questions import Split
from millstream.learning.evaluation.ranking import answer
from millstream.learning.export.model import Servable, export
from millstream.learning.export.origin import Origin
from millstream.learning.families import fitting
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream_tools.lab.choosing import tools
from millstream_tools.lab.models.families import create
from tests.unit.millstream.learning.choosing.shops import chains

KEPT = 0.995
"""Of the mean NDCG@10."""

SMALL = {"width": 16, "window": 10, "epochs": 3, "batch": 16}
CHOSEN: dict[str, dict[str, Any]] = {
    "covisitation": {},
    "item_knn": {},
    "session_knn": {},
    "popularity": {},
    "segments": {},
    "own_items": {},
    "ease": {"regularization": 20.0},
    "ials": {"factors": 16},
    "sequence": SMALL,
    "blend": {
        "parts": [
            {"family": "covisitation", "weight": 1.0, "logarithm": 0.01},
            {"family": "ials", "weight": 0.3, "knobs": {"factors": 16}},
        ],
        "scaled": True,
    },
}


@cache
def split(again: float = 0.3) -> Split:
    """The last fifth of a shop whose users mostly go on to the next of 120 items, and often come back."""
    return next_items_split(chains(users=400, length=8, items=120, again=again), "none")


@pytest.mark.parametrize("family", CHOSEN)
def test_serving_keeps_the_accuracy(family: str, tmp_path: Path) -> None:
    """Matrices have halves or eight bits, and a request has no more than a row keeps."""
    if family == "sequence" and find_spec("torch") is None:
        pytest.skip("needs PyTorch: make neural")
    # A request has distinct items: what a sequence model reads from repeats is lost, as the test of a choice shows.
    parts = split(0.0) if family == "sequence" else split()
    train, questions = parts.train, parts.questions
    model = create(family, CHOSEN[family])
    fitting.fit(model, train, 7)
    exported = export(cast("Servable", model), train.items, tmp_path, Origin("set", 7, Cost(0, 0), 0, {}))
    scorer = OnnxScorer.load(exported.folder, exported.version)
    fitted = measure(answer(model, questions), "NDCG@10").mean()
    served = measure(answers_of(AsServed(scorer, train.items), questions), "NDCG@10").mean()
    assert served >= KEPT * fitted
    assert fitted > 0


def test_every_family_that_can_be_chosen_is_here() -> None:
    """Own items and blends are added to the spaces."""
    from millstream.learning.choosing.shop import measured

    spaces = {space.family for space in tools().spaces(measured(split().train))}
    assert spaces <= set(CHOSEN)
