from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given

from millstream.learning.export.parts import Built
from millstream.learning.interactions import Floats
from millstream.scoring.session import open_session
from millstream_tools.lab.sequence.graph import graph
from millstream_tools.lab.sequence.quantized import quantized_graph
from tests.property.sequence_questions import NEAR, Asked, asked
from tests.references.answers import NextItems
from tests.references.sequence import next_items, scored


def by_onnx(built: Built, question: Asked) -> NextItems:
    """The graph's own answer."""
    with tempfile.TemporaryDirectory() as folder:
        built.write(Path(folder))
        inputs = {
            "tail": question.tail,
            "tail_weight": np.ones(len(question.tail), np.float32),
            "excluded": question.excluded,
            "limit": np.array([question.limit], np.int64),
        }
        return NextItems(*open_session(Path(folder)).run(["items", "scores", "because"], inputs))


def check_same(got: NextItems, wanted: NextItems, scores: Floats, near: float) -> None:
    """The same answer, but that items whose scores are closer than `near` may change places."""
    assert len(got.items) == len(set(got.items.tolist())) == len(wanted.items)
    np.testing.assert_allclose(scores[got.items], scores[wanted.items], atol=near)
    likely = np.maximum(scores[got.items] - scores[wanted.items[:1]], -80)
    np.testing.assert_allclose(np.log(np.maximum(got.scores, np.exp(-80))), likely, atol=2 * near)


@given(asked())
def test_onnx_answers_as_plain_numpy_does(question: Asked) -> None:
    """For any model and any question: the same items in the same order, for the same scores and reasons."""
    got = by_onnx(graph(question.knobs, question.weights), question)
    wanted = next_items(*question)
    if not len(question.read):
        assert not len(got.items)
        return
    check_same(got, wanted, scored(question.knobs, question.weights, question.read), NEAR)
    reasons = dict(zip(wanted.items.tolist(), wanted.because.tolist(), strict=True))
    assert all(reasons.get(item, place) == place for item, place in zip(got.items, got.because, strict=True))


@given(asked())
def test_the_quantised_graph_gives_the_same_items(question: Asked) -> None:
    """A small catalogue is ranked again whole, so only the halves of its rows make a difference."""
    got = by_onnx(quantized_graph(question.knobs, question.weights), question)
    wanted = next_items(*question)
    if not len(question.read):
        assert not len(got.items)
        return
    scores = scored(question.knobs, question.weights, question.read)
    check_same(got, wanted, scores, 0.004 * max(1.0, float(np.abs(scores).max())))
