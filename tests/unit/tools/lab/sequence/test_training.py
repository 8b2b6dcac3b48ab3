"""The training loop: what it learns, when it ends, and that chance has no part in it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.metrics import measure
from millstream.learning.evaluation.ranking import answer
from millstream_tools.lab.sequence import training
from millstream_tools.lab.sequence.knobs import SequenceKnobs
from millstream_tools.lab.sequence.model import SequenceModel
from millstream_tools.lab.sequence.recommender import SequenceRecommender
from millstream_tools.lab.sequence.training import held_out_ndcg, train
from tests.unit.tools.lab.made_up import ints, questions
from tests.unit.tools.lab.sequence.small import BLOCKS, ITEMS, same_weights, small, trained, walks


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_every_block_learns_to_walk(block: str, precision: str) -> None:
    """In both precisions; guessing would find the next of 20 items among ten with an NDCG of 0.23."""
    found = trained(small(block=block, precision=precision, epochs=6, dropout=0.1))
    assert found.history[-1]["loss"] < 0.8 * found.history[0]["loss"]
    assert max(epoch["held-out NDCG@10"] for epoch in found.history) > 0.5


def test_halves_are_for_the_arithmetic_only() -> None:
    """Weights stay in single precision, and are not those that single precision trains."""
    halves, singles = trained(small(precision="bf16", epochs=1)), trained(small(epochs=1))
    assert {weight.dtype for weight in halves.model.parameters()} == {torch.float32}
    assert not same_weights(halves, singles)


@pytest.mark.parametrize(
    "knobs",
    [
        {"loss": "sampled_softmax", "negatives": 8},
        {"loss": "gbce", "negatives": 8},
        {"robustness": 0.3},
        {"temperature": 0.2},
    ],
)
def test_every_loss_learns_to_walk(knobs: dict[str, Any]) -> None:
    """And a cosine does, as a product does."""
    found = trained(small(epochs=6, **knobs))
    assert max(epoch["held-out NDCG@10"] for epoch in found.history) > 0.5


@pytest.mark.parametrize("knobs", [{"dropout": 0.3}, {"loss": "gbce", "negatives": 5}])
def test_the_same_seed_trains_the_same_weights(knobs: dict[str, Any]) -> None:
    """To the last bit, whatever else was drawn before; another seed trains others."""
    one = trained(small(epochs=2, **knobs))
    torch.rand(5)
    assert same_weights(one, trained(small(epochs=2, **knobs)))
    assert not same_weights(one, trained(small(epochs=2, **knobs), seed=8))


def test_a_training_ends_after_its_patience_with_the_weights_of_the_best_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second epoch of these is the best; after two worse ones there is no fifth, however good it would be."""
    told = iter([0.1, 0.3, 0.2, 0.25, 0.9])
    seen: list[dict[str, Tensor]] = []

    def asked(model: SequenceModel, _asked: object) -> float:
        seen.append({name: weight.clone() for name, weight in model.state_dict().items()})
        return next(told)

    monkeypatch.setattr(training, "held_out_ndcg", asked)
    found = trained(small(epochs=9, patience=2))
    assert [epoch["held-out NDCG@10"] for epoch in found.history] == [0.1, 0.3, 0.2, 0.25]
    kept = found.model.state_dict()
    assert all(torch.equal(kept[name], weight) for name, weight in seen[1].items())
    assert not all(torch.equal(kept[name], weight) for name, weight in seen[3].items())


def test_without_held_out_users_the_epoch_with_the_smallest_loss_is_kept() -> None:
    """Not the weights of before the training, although minus a loss is far below zero."""
    knobs = small(held_out=0.0, learning_rate=0.005, patience=1)
    found = trained(knobs)
    assert len(found.history) == knobs.epochs
    assert [epoch["loss"] for epoch in found.history] == sorted((e["loss"] for e in found.history), reverse=True)
    assert not same_weights(found, trained(small(held_out=0.0, learning_rate=0.005, epochs=1)))
    assert held_out_ndcg(found.model, [walk for walk in walks() if len(walk) > 2]) > 0.5


@pytest.mark.parametrize(("held_out", "figures"), [(0.2, ["loss", "held-out NDCG@10"]), (0.0, ["loss"])])
def test_an_epoch_tells_of_held_out_users_only_where_there_are_some(
    held_out: float, figures: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """In its line and in the history: a loss is no NDCG."""
    (epoch,) = trained(small(held_out=held_out, epochs=1)).history
    assert list(epoch) == [*figures, "wall", "CPU"]
    told = ", ".join(f"{name} {epoch[name]:.4f}" for name in figures)
    assert f"epoch 1: {told}, {epoch['wall']:.0f} s\n" in capsys.readouterr().err


def test_the_held_out_figure_is_the_one_that_the_lab_measures() -> None:
    """NDCG@10 of the last item among all that were not shown."""
    recommender = SequenceRecommender(small())
    recommender.model = trained(recommender.knobs).model
    asked = [walk for walk in walks() if len(walk) > 2]
    shown = [walk[:-1] for walk in asked]
    answers = answer(recommender, questions(shown, [walk[-1:] for walk in asked], shown))
    assert held_out_ndcg(recommender.model, asked) == pytest.approx(measure(answers, "NDCG@10").mean(), abs=1e-6)


def test_what_is_asked_for_was_not_learned() -> None:
    """Of held-out users the last item is hidden: where nobody else shows the step there, nobody knows it."""
    told = [ints(item, item + 1, item + 2) for item in range(0, ITEMS - 2, 3)]
    learned, asked = training._held_out(told, 0.5, seed=1)
    assert len(asked) == 3
    for history, kept in zip(told, learned, strict=True):
        hidden = any(np.array_equal(history, one) for one in asked)
        assert kept.tolist() == history[: 2 if hidden else 3].tolist()


def test_the_learning_rate_rises_and_falls() -> None:
    """In `warmup` steps to the knob's, then as a cosine to a hundredth of it."""
    knobs = SequenceKnobs(learning_rate=0.1, warmup=10)
    rates = [training._learning_rate(knobs, step, 100) for step in range(101)]
    assert rates[:3] == pytest.approx([0.01, 0.02, 0.03])
    assert max(rates) == rates[9] == rates[10] == pytest.approx(0.1)
    assert rates[55] == pytest.approx(0.1 * (0.01 + 0.99 / 2))
    assert rates[100] == pytest.approx(0.001)


def test_a_large_step_is_cut_to_the_length_that_the_knob_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that one odd batch does not throw away what was learned."""
    lengths: list[float] = []
    step = torch.optim.AdamW.step

    def watched(self: torch.optim.AdamW) -> None:
        gradients = [weight.grad.norm() for group in self.param_groups for weight in group["params"]]
        lengths.append(float(torch.stack(gradients).norm()))
        step(self)

    monkeypatch.setattr(torch.optim.AdamW, "step", watched)
    trained(small(epochs=1, clip=1e-3))
    assert max(lengths) == pytest.approx(1e-3, rel=1e-3)


def test_histories_without_a_step_are_refused() -> None:
    """There is nothing to learn from one item a user."""
    with pytest.raises(InvalidInputError, match="histories: expected one with two items or more, got .*2 with at most"):
        train([ints(1), ints(2), ints()], ITEMS, small(), 1)


@pytest.mark.parametrize(
    ("knob", "value", "expected"),
    [
        ("block", "mamba", "one of sasrec, ligr, hstu, gru"),
        ("loss", "hinge", "one of cross_entropy, sampled_softmax, gbce"),
        ("precision", "fp16", "one of fp32, bf16"),
        *((name, 0, "a whole number, at least 1") for name in ("width", "blocks", "heads", "feed_forward", "window")),
        *((name, 2.5, "a whole number, at least 1") for name in ("negatives", "epochs", "batch", "patience")),
        ("warmup", -1, "a whole number, at least 0"),
        *((name, 1.5, "a number at least 0 and at most 1") for name in ("dropout", "calibration", "robustness")),
        ("held_out", -0.1, "a number at least 0 and at most 1"),
        ("weight_decay", -0.1, "a number at least 0"),
        ("learning_rate", 0.0, "a number above 0"),
        ("clip", math.inf, "a number above 0"),
        ("temperature", 0.0, "a number above 0"),
        ("heads", 3, "a divisor of the width, 64"),
    ],
)
def test_a_bad_value_of_a_knob_is_refused_by_name(knob: str, value: object, expected: str) -> None:
    """Before hours were spent on it."""
    with pytest.raises(InvalidInputError, match=f"^{knob}: expected {expected}, got "):
        SequenceKnobs(**{knob: value})  # type: ignore[arg-type]


def test_robustness_is_of_the_whole_catalogues_loss_only() -> None:
    """A knob that would do nothing is refused."""
    with pytest.raises(InvalidInputError, match="^robustness: expected 0 unless the loss is cross_entropy"):
        SequenceKnobs(loss="gbce", robustness=0.3)
