from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from millstream.domain.errors import InvalidInputError
from millstream.domain.keys import item_key
from millstream.domain.models.cards import Cost, read_card
from millstream.learning.export.folder import Exported
from millstream.learning.export.origin import Origin
from millstream.learning.families import stored
from millstream.scoring.model_folder import CARD, GRAPH, MATRICES
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream.scoring.publishable import publishable
from millstream.scoring.signature import read_signature
from millstream_tools.lab.sequence.export import ToGraph, export, saved
from millstream_tools.lab.sequence.graph import graph
from millstream_tools.lab.sequence.knobs import SequenceKnobs
from millstream_tools.lab.sequence.quantized import quantized_graph
from tests.references.sequence import next_items
from tests.unit.tools.lab.sequence_weights import made_up

KNOBS = SequenceKnobs(width=8, window=7)
IDS = [f"item {number}" for number in range(30)]
WEIGHTS = made_up(KNOBS, len(IDS))
ORIGIN = Origin("set-1", 7, Cost(3.0, 2.0), 42, {"leave-one-out": {"NDCG@10": 0.25}}, made_from="sequence-0123")
FORMS = pytest.mark.parametrize("to_graph", [graph, quantized_graph])


def exported(folder: Path, to_graph: ToGraph = graph, origin: Origin = ORIGIN) -> Exported:
    """The model of these weights."""
    return export(KNOBS, WEIGHTS, IDS, folder, origin, to_graph=to_graph)


def keys(*numbers: int) -> list[bytes]:
    """The items of these rows."""
    return [item_key(IDS[number]) for number in numbers]


@FORMS
def test_the_scorer_answers_as_the_model_does(to_graph: ToGraph, tmp_path: Path) -> None:
    """Whatever the order of the ids is; the tail is newest first."""
    model = exported(tmp_path, to_graph)
    candidates = OnnxScorer.load(model.folder, model.version).recommend(keys(3, 17, 8), keys(3, 5), 6)
    wanted = next_items(KNOBS, WEIGHTS, np.array([3, 17, 8]), np.array([3, 5]), 6)
    assert [candidate.item for candidate in candidates] == keys(*wanted.items)
    assert [candidate.because for candidate in candidates] == keys(*np.array([3, 17, 8])[wanted.because])
    assert [candidate.score for candidate in candidates] == pytest.approx(wanted.scores.tolist(), rel=0.02)


def test_the_scorer_reads_the_window_of_the_model_and_no_more(tmp_path: Path) -> None:
    """An eighth item changes nothing, a seventh does."""
    model = exported(tmp_path)
    scorer = OnnxScorer.load(model.folder, model.version)
    assert scorer.tail_items == KNOBS.window
    eight = keys(*range(8))
    assert scorer.recommend(eight, [], 30) == scorer.recommend(eight[:7], [], 30)
    assert scorer.recommend(eight[:7], [], 30) != scorer.recommend(eight[:6], [], 30)


@FORMS
def test_similar_items_are_what_is_expected_after_one(to_graph: ToGraph, tmp_path: Path) -> None:
    """And never the item itself."""
    model = exported(tmp_path, to_graph)
    scorer = OnnxScorer.load(model.folder, model.version)
    (one,) = keys(4)
    similar = scorer.similar(one, 30)
    assert [found.item for found in similar] == [found.item for found in scorer.recommend([one], [one], 30)]
    assert len(similar) == len(IDS) - 1
    assert {found.because for found in similar} == {one}


@FORMS
def test_exporting_twice_gives_the_same_bytes(to_graph: ToGraph, tmp_path: Path) -> None:
    """And so the same version."""
    first, second = exported(tmp_path / "first", to_graph), exported(tmp_path / "second", to_graph)
    for path in first.folder.iterdir():
        assert path.read_bytes() == (second.folder / path.name).read_bytes(), path.name
    assert first.version == second.version == f"sequence-{first.digest[:12]}"


def test_where_a_model_came_from_does_not_change_its_version(tmp_path: Path) -> None:
    """The card is no part of what answers."""
    other = replace(ORIGIN, created_at_ms=43, metrics={}, seed=8)
    assert exported(tmp_path / "one").version == exported(tmp_path / "two", origin=other).version


def test_the_card_tells_where_the_model_came_from(tmp_path: Path) -> None:
    """All as passed in, and all knobs."""
    card = read_card((exported(tmp_path).folder / CARD).read_text())
    assert (card.algorithm, card.training_set, card.seed, card.made_from) == ("sequence", "set-1", 7, "sequence-0123")
    assert (card.cost, card.created_at_ms, card.vocabulary_items) == (Cost(3.0, 2.0), 42, 30)
    assert card.metrics == {"leave-one-out": {"NDCG@10": 0.25}}
    assert (card.knobs["block"], card.knobs["window"], card.knobs["temperature"]) == ("sasrec", 7, None)


@FORMS
def test_a_written_folder_may_be_published(to_graph: ToGraph, tmp_path: Path) -> None:
    """It is whole, and the scorer has been asked."""
    model = exported(tmp_path, to_graph)
    assert publishable(model.folder, 50).version == model.version


def test_the_ids_stand_in_the_order_of_the_keys(tmp_path: Path) -> None:
    """So that an item is found by bisection."""
    lines = (exported(tmp_path).folder / "vocabulary.ids").read_text().splitlines()
    ids = [json.loads(line) for line in lines]
    assert ids == sorted(IDS, key=item_key)


@FORMS
def test_the_graph_is_valid_onnx_and_does_not_grow_with_the_catalogue(to_graph: ToGraph, tmp_path: Path) -> None:
    """The matrix lies beside it, and the session maps it into memory."""
    sizes = []
    for items in (10, 3000):
        folder = tmp_path / str(items)
        model = export(KNOBS, made_up(KNOBS, items), [str(n) for n in range(items)], folder, ORIGIN, to_graph=to_graph)
        onnx.checker.check_model(str(model.folder / GRAPH), full_check=True)
        sizes.append((model.folder / GRAPH).stat().st_size)
    assert abs(sizes[1] - sizes[0]) < 1000
    assert (folder / MATRICES).stat().st_size >= 3000 * 8 * 2


def test_the_signature_says_how_much_is_read(tmp_path: Path) -> None:
    """The window, in the reading of events that every model shares."""
    features = read_signature(exported(tmp_path).folder).features
    assert (features.name, features.version, features.items) == ("tail", 1, 7)


def test_ids_that_do_not_fit_the_rows_are_refused(tmp_path: Path) -> None:
    """Rows would bear other items' names."""
    with pytest.raises(InvalidInputError, match="item_ids: expected 30, one a row, got 29"):
        export(KNOBS, WEIGHTS, IDS[1:], tmp_path, ORIGIN)


def test_an_id_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """Its key would name two rows."""
    with pytest.raises(InvalidInputError, match="a key above the one before it"):
        export(KNOBS, WEIGHTS, [IDS[0], *IDS[:-1]], tmp_path, ORIGIN)


def test_a_model_that_the_lab_saved_is_read_without_pytorch(tmp_path: Path) -> None:
    """Knobs and weights as they were."""
    stored.save(tmp_path, "sequence", KNOBS, WEIGHTS)
    knobs, weights = saved(tmp_path)
    assert knobs == KNOBS
    assert weights.keys() == WEIGHTS.keys()
    assert all(np.array_equal(weights[name], weight) for name, weight in WEIGHTS.items())
