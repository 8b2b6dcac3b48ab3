"""Ways to make a model smaller: each saves something, says nearly the same, and is the same for the same seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from onnxruntime import InferenceSession

from millstream.domain.errors import InvalidInputError
from millstream.learning.families.knobs import knobs_of
from millstream.learning.interactions import Floats, Ints
from millstream_tools.lab.compression.distillation import DistillKnobs, distil, narrowed, taught
from millstream_tools.lab.compression.int8 import request
from millstream_tools.lab.compression.lessons import lessons
from millstream_tools.lab.compression.low_rank import LowRankKnobs, factors
from millstream_tools.lab.compression.product_quantisation import PqKnobs, quantised
from millstream_tools.lab.compression.pruning import PruneKnobs, pruned
from millstream_tools.lab.compression.ways import WAYS, Subject, knobs_for, way_of
from millstream_tools.lab.sequence.knobs import SequenceKnobs
from millstream_tools.lab.sequence.losses import over_all_items
from millstream_tools.lab.sequence.model import SequenceModel
from millstream_tools.lab.sequence.recommender import SequenceRecommender

ITEMS = 300
WINDOW = 12


def model(seed: int = 1, **knobs: Any) -> SequenceRecommender:
    """A model that nobody trained, with weights large enough to tell items apart."""
    made = SequenceRecommender(knobs_of(SequenceKnobs, {"width": 32, "window": WINDOW, "temperature": 0.1, **knobs}))
    torch.manual_seed(seed)
    made.model = SequenceModel(made.knobs, ITEMS).eval()
    with torch.no_grad():
        for weight in made.model.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    return made


def histories(count: int = 12) -> list[Ints]:
    """Of two to nineteen different items."""
    draw = np.random.default_rng(5)
    return [draw.permutation(ITEMS)[: draw.integers(2, 20)] for _ in range(count)]


def subject(of: SequenceRecommender, folder: Path) -> Subject:
    return Subject(of, histories(), ITEMS, 3, folder)


def alike(first: Ints, second: Ints) -> float:
    """The share of the best items that are the same."""
    return float(np.mean([len(set(a) & set(b)) / len(a) for a, b in zip(first, second, strict=True)]))


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


GRAPHS = {"fp32": 1.0, "int8": 0.85, "static-int8": 0.75, "fp16": 0.95, "low-rank": 0.99, "pq": 0.75}
"""The ways that keep the weights, and how much of the best twenty they keep at least."""

STATED = {"low-rank": {"rank": 16}, "pq": {"parts": 32}, "static-int8": {"histories": 12}}


@pytest.mark.parametrize("block", ["sasrec", "hstu"])
@pytest.mark.parametrize("way", GRAPHS)
def test_a_graph_says_nearly_what_the_model_says(way: str, block: str, tmp_path: Path) -> None:
    """And takes fewer bytes."""
    original = model(block=block)
    with torch.no_grad():  # as matrices are that were learned: not all directions matter
        original.fitted().item.weight[:, 16:] = original.fitted().item.weight[:, :16]
    smaller = way_of(way).make(subject(original, tmp_path), knobs_for(way, STATED.get(way, {})))
    weights = {name: weight.numpy() for name, weight in smaller.model.fitted().state_dict().items()}
    built = smaller.graph_of(histories())(smaller.model.knobs, weights)
    built.write(tmp_path)
    session = InferenceSession(str(tmp_path / "model.onnx"))
    found = [session.run(["items"], request(history, WINDOW, history, 20))[0] for history in histories()]
    assert alike(original.recommend(histories(), 20, exclude_seen=True), np.array(found)) >= GRAPHS[way]
    if way not in ("fp32", "pq"):  # of so few items the centres are as many
        assert len(built.matrices) < (ITEMS + 1) * 32 * 4 * 0.95


def test_product_quantisation_takes_a_byte_a_part_and_stays_near() -> None:
    """A row that is one of few comes back as it was; products are those of what comes back."""
    draw = np.random.default_rng(0)
    few = draw.normal(size=(40, 8)).astype(np.float32)
    exact = quantised(few[draw.integers(0, 40, 500)], PqKnobs(parts=2), seed=1)
    assert exact.codes.shape == (500, 2)
    assert exact.codes.dtype == np.uint8
    rows = draw.normal(size=(2000, 8)).astype(np.float32)
    coarse, fine = (quantised(rows, PqKnobs(parts=parts), seed=1) for parts in (2, 8))
    errors = [float(((rows - one.rows()) ** 2).mean()) for one in (coarse, fine)]
    assert errors[1] < 0.001 < errors[0] < 0.25
    assert fine.nbytes < rows.nbytes
    state = draw.normal(size=8).astype(np.float32)
    np.testing.assert_allclose(fine.products(state), fine.rows() @ state, atol=1e-5)
    again = quantised(rows, PqKnobs(parts=8), seed=1)
    assert (again.codes == fine.codes).all()


def test_rows_that_are_few_come_back_as_they_were() -> None:
    """With as many centres as there are different parts, nothing is lost."""
    rows = np.random.default_rng(2).normal(size=(40, 8)).astype(np.float32)
    repeated = np.tile(rows, (5, 1))
    np.testing.assert_allclose(quantised(repeated, PqKnobs(parts=4), seed=0).rows(), repeated, atol=1e-6)


def test_parts_divide_the_width() -> None:
    """Otherwise rows could not be cut."""
    with pytest.raises(InvalidInputError, match="a divisor of the width, 10"):
        quantised(np.zeros((5, 10), np.float32), PqKnobs(parts=4), seed=0)


def test_a_matrix_of_low_rank_comes_back_whole() -> None:
    """And one of full rank by what matters most."""
    draw = np.random.default_rng(0)
    thin = (draw.normal(size=(50, 3)) @ draw.normal(size=(3, 10))).astype(np.float32)
    np.testing.assert_allclose(factors(thin, LowRankKnobs(rank=3)).rows(), thin, atol=1e-4)
    rows = draw.normal(size=(50, 10)).astype(np.float32)
    errors = [((factors(rows, LowRankKnobs(rank=rank)).rows() - rows) ** 2).sum() for rank in (2, 5, 8)]
    assert errors == sorted(errors, reverse=True)
    with pytest.raises(InvalidInputError, match="rank"):
        factors(rows, LowRankKnobs(rank=10))


@pytest.mark.parametrize("block", ["sasrec", "ligr", "hstu"])
def test_what_is_pruned_is_smaller_and_can_be_saved(block: str, tmp_path: Path) -> None:
    """And the model that it was made from stays as it was; with nothing cut, nothing changes."""
    original = model(block=block, heads=2)
    before = original.score(histories())
    whole = pruned(original, histories(), PruneKnobs(attention=1, feed_forward=1, epochs=0), 1)
    np.testing.assert_allclose(whole.score(histories()), before, atol=1e-4)
    less = PruneKnobs(heads=0.5, attention=0.5, feed_forward=0.5, width=0.75, epochs=0)
    small = pruned(original, histories(), less, 1)
    assert small.fitted().item.weight.shape == (ITEMS + 1, 24)
    assert numbers(small) < 0.75 * numbers(original)
    np.testing.assert_array_equal(original.score(histories()), before)
    small.save(tmp_path)
    np.testing.assert_allclose(SequenceRecommender.load(tmp_path).score(histories()), small.score(histories()))


def test_pruning_cuts_what_does_nothing_first() -> None:
    """Channels whose weights are nearly nothing go, and the scores stay."""
    original = model(block="sasrec", blocks=1, feed_forward=2)
    block: Any = original.fitted().blocks[0]
    with torch.no_grad():
        block.feed[2].weight[:, ::2] *= 1e-6
        block.out.weight[:, 1::2] *= 1e-6
    small = pruned(original, histories(), PruneKnobs(attention=1, feed_forward=0.5, epochs=0), 1)
    np.testing.assert_allclose(small.score(histories()), original.score(histories()), atol=1e-3)
    other = pruned(original, histories(), PruneKnobs(attention=1, feed_forward=0.25, epochs=0), 1)
    assert np.abs(other.score(histories()) - original.score(histories())).max() > 0.1


def numbers(of: SequenceRecommender) -> int:
    return sum(weight.numel() for weight in of.fitted().state_dict().values())


class Anything:
    """A teacher that is no sequence model: it likes the item after the last one."""

    def score(self, histories: list[Ints]) -> Floats:
        scores = np.zeros((len(histories), ITEMS))
        for row, history in zip(scores, histories, strict=True):
            row[(history[-1] + 1) % ITEMS] = 5.0
        return scores


def test_a_sequence_model_tells_of_all_steps_what_it_scores() -> None:
    """Also of those that lie past its window, as far as half a window tells."""
    teacher = model()
    told = lessons(teacher, histories(), 5, None)
    place = 0
    for history in histories():
        assert told.row[place] == -1  # nothing comes before the first
        for step in range(1, min(len(history), WINDOW // 2)):
            best = teacher.recommend([history[:step]], 5, exclude_seen=False)[0]
            assert set(told.items[told.row[place + step]].tolist()) == set(best.tolist())
        assert (told.row[place + 1 : place + len(history)] >= 0).all()
        place += len(history)


def test_only_the_latest_steps_are_told_of() -> None:
    """Of any teacher, and its best comes first."""
    given = histories()
    told = lessons(Anything(), given, 3, 2)
    laid = np.concatenate(given)
    places = np.flatnonzero(told.row.numpy() >= 0)
    assert len(places) == sum(min(2, len(history) - 1) for history in given)
    firsts = told.items[told.row[places], 0].numpy()
    np.testing.assert_array_equal(firsts, (laid[places - 1] + 1) % ITEMS)


def test_a_student_learns_what_only_its_teacher_says() -> None:
    """Items that never come next in the histories; the same seed gives the same student."""
    knobs = DistillKnobs(
        student={
            "width": 16,
            "blocks": 1,
            "window": 4,
            "epochs": 12,
            "learning_rate": 0.02,
            "warmup": 2,
            "dropout": 0.0,
            "batch": 8,
            "held_out": 0.0,
        },
        soft=1.0,
        top=4,
        steps=10,
    )
    draw = np.random.default_rng(1)
    given = [draw.integers(0, 20, 8) for _ in range(40)]
    student, again = (distil(Anything(), given, ITEMS, knobs, 3) for _ in range(2))
    asked = [np.array([draw.integers(0, 20)]) for _ in range(20)]
    found = student.recommend(asked, 1, exclude_seen=False)[:, 0]
    assert np.mean(found == [history[-1] + 1 for history in asked]) > 0.8
    np.testing.assert_array_equal(student.score(asked), again.score(asked))


@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_the_loss_of_a_lesson_is_torchs_own(temperature: float) -> None:
    """And so is its gradient."""
    torch.manual_seed(0)
    states, catalogue = torch.randn(7, 6, requires_grad=True), torch.randn(9, 6, requires_grad=True)
    target, items = torch.randint(9, (7,)), torch.stack([torch.randperm(9)[:4] for _ in range(7)])
    odds = torch.softmax(torch.randn(7, 4), dim=1)
    value = over_all_items(states, catalogue, taught(target, items, odds, 0.7, temperature))
    ours = torch.autograd.grad(value, (states, catalogue))
    scores = states @ catalogue.T
    likely = torch.log_softmax(scores / temperature, dim=1).gather(1, items)
    expected = 0.3 * torch.nn.functional.cross_entropy(scores, target, reduction="sum")
    expected = expected - 0.7 * temperature**2 * (odds * likely).sum()
    assert float(value) == pytest.approx(float(expected), rel=1e-5)
    for got, wanted in zip(ours, torch.autograd.grad(expected, (states, catalogue)), strict=True):
        torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-5)


def test_narrowed_rows_keep_what_they_can_of_their_products() -> None:
    """All, where the matrix has no more directions."""
    rows = torch.randn(30, 4) @ torch.randn(4, 10)
    torch.testing.assert_close(narrowed(rows, 4) @ narrowed(rows, 4).T, rows @ rows.T, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(narrowed(rows, 12) @ narrowed(rows, 12).T, rows @ rows.T, rtol=1e-4, atol=1e-4)


def test_an_unknown_way_or_knob_is_refused() -> None:
    """With those that there are."""
    with pytest.raises(InvalidInputError, match="one of fp32, int8"):
        way_of("zip")
    for way in WAYS:
        with pytest.raises(InvalidInputError, match="wrong"):
            knobs_for(way, {"wrong": 1})
