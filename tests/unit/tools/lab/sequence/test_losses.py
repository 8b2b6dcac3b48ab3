"""Losses against PyTorch's own and against their definitions, written down the long way."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from millstream_tools.lab.sequence.knobs import SequenceKnobs
from millstream_tools.lab.sequence.losses import summed_loss

ITEMS, WIDTH = 40, 8
STATES = 600
"""More than two of the parts in which the catalogue is scored, and no whole number of them."""

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


def drawn(states: int = STATES, scale: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    """States, catalogue and targets."""
    draw = torch.Generator().manual_seed(1)
    return (
        scale * torch.randn(states, WIDTH, generator=draw),
        torch.randn(ITEMS, WIDTH, generator=draw),
        torch.randint(ITEMS, (states,), generator=draw),
    )


def ours(knobs: SequenceKnobs) -> Loss:
    """The trainer's loss, with negatives that are drawn alike each time."""
    return lambda states, catalogue, target: summed_loss(
        knobs, states, catalogue, target, torch.Generator().manual_seed(2)
    )


def value_and_gradients(loss: Loss, states: Tensor, catalogue: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The mean, as a training takes it, and how it changes with states and catalogue."""
    states, catalogue = states.clone().requires_grad_(), catalogue.clone().requires_grad_()
    mean = loss(states, catalogue, target) / max(1, len(target))
    mean.backward()
    assert states.grad is not None
    assert catalogue.grad is not None
    return mean.detach(), states.grad, catalogue.grad


def torchs_own(states: Tensor, catalogue: Tensor, target: Tensor) -> Tensor:
    """Over the whole catalogue, all scores at once."""
    return functional.cross_entropy(states @ catalogue.T, target, reduction="sum")


def robust(q: float) -> Loss:
    """(1 - p^q) / q."""

    def loss(states: Tensor, catalogue: Tensor, target: Tensor) -> Tensor:
        p = torch.softmax(states @ catalogue.T, dim=1).gather(1, target[:, None])
        return ((1 - p**q) / q).sum()

    return loss


@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_the_loss_over_the_catalogue_is_torchs_cross_entropy(scale: float) -> None:
    """In value and gradients, though its scores never exist all at once; also where a softmax is all but certain."""
    for got, expected in zip(
        value_and_gradients(ours(SequenceKnobs()), *drawn(scale=scale)),
        value_and_gradients(torchs_own, *drawn(scale=scale)),
        strict=True,
    ):
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)


def test_halves_lose_their_last_digits_only() -> None:
    """bf16 has three digits: the value is right to a hundredth, the gradients point where they should."""
    states, catalogue, target = drawn()
    exact = value_and_gradients(torchs_own, states, catalogue, target)
    halved = value_and_gradients(ours(SequenceKnobs()), states.bfloat16(), catalogue, target)
    torch.testing.assert_close(halved[0], exact[0], rtol=1e-2, atol=0)
    for got, expected in zip(halved[1:], exact[1:], strict=True):
        assert functional.cosine_similarity(got.float().flatten(), expected.flatten(), dim=0) > 0.999


@pytest.mark.parametrize("q", [0.1, 0.5, 1.0])
def test_the_robust_loss_is_the_generalised_cross_entropy(q: float) -> None:
    """(1 - p^q) / q in value and gradients, as autograd has them of that formula."""
    for got, expected in zip(
        value_and_gradients(ours(SequenceKnobs(robustness=q)), *drawn()),
        value_and_gradients(robust(q), *drawn()),
        strict=True,
    ):
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("q", [0.0, 0.5])
def test_hopeless_scores_give_finite_gradients(q: float) -> None:
    """A target that is a thousand below the best has a probability of zero and a logarithm that is not."""
    states = torch.tensor([[1000.0, 0.0]])
    found = value_and_gradients(
        ours(SequenceKnobs(robustness=q)), states, torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([1])
    )
    assert all(torch.isfinite(one).all() for one in found)


@pytest.mark.parametrize("loss", ["cross_entropy", "sampled_softmax", "gbce"])
def test_no_states_cost_nothing(loss: str) -> None:
    """A process may have no part in the last batch, and must still take part in the sum of the gradients."""
    knobs = SequenceKnobs(loss=loss)  # type: ignore[arg-type]
    value, to_states, to_catalogue = value_and_gradients(ours(knobs), *drawn(states=0))
    assert value == 0
    assert to_states.shape == (0, WIDTH)
    assert not to_catalogue.any()


def sampled_softmax(states: Tensor, catalogue: Tensor, target: Tensor, negatives: list[int]) -> Tensor:
    """-log of the target's share among itself and the negatives that are not it."""
    total = torch.zeros(())
    for state, own in zip(states, target.tolist(), strict=True):
        rows = [own, *(item for item in negatives if item != own)]
        total = total - torch.log_softmax(torch.stack([state @ catalogue[row] for row in rows]), dim=0)[0]
    return total


def gbce(states: Tensor, catalogue: Tensor, target: Tensor, negatives: list[int], t: float) -> Tensor:
    """Equations 7 and 8 of gSASRec: -(log(sigma(s+)^beta) + sum of log(1 - sigma(s-)))."""
    alpha = len(negatives) / (ITEMS - 1)
    beta = alpha * (t * (1 - 1 / alpha) + 1 / alpha)
    total = torch.zeros(())
    for state, own in zip(states, target.tolist(), strict=True):
        total = total - beta * torch.log(torch.sigmoid(state @ catalogue[own]))
        for item in negatives:
            if item != own:
                total = total - torch.log(1 - torch.sigmoid(state @ catalogue[item]))
    return total


def drawn_negatives(count: int) -> list[int]:
    """Uniform, the same for the whole batch; with so many, some are targets too."""
    found: list[int] = torch.randint(ITEMS, (count,), generator=torch.Generator().manual_seed(2)).tolist()
    return found


def test_sampled_softmax_is_its_definition() -> None:
    """In value and gradients; a target is not its own negative."""
    negatives = drawn_negatives(12)
    for got, expected in zip(
        value_and_gradients(ours(SequenceKnobs(loss="sampled_softmax", negatives=12)), *drawn(30)),
        value_and_gradients(lambda *given: sampled_softmax(*given, negatives), *drawn(30)),
        strict=True,
    ):
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("calibration", [0.0, 0.75, 1.0])
def test_gbce_is_its_definition(calibration: float) -> None:
    """In value and gradients, from plain binary cross-entropy to the calibrated one."""
    negatives = drawn_negatives(12)
    knobs = SequenceKnobs(loss="gbce", negatives=12, calibration=calibration)
    for got, expected in zip(
        value_and_gradients(ours(knobs), *drawn(30)),
        value_and_gradients(lambda *given: gbce(*given, negatives, calibration), *drawn(30)),
        strict=True,
    ):
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)


def test_an_even_guess_costs_the_logarithm_of_the_catalogue() -> None:
    """A number that needs no other code to be right."""
    loss = ours(SequenceKnobs())(torch.zeros(5, WIDTH), torch.randn(ITEMS, WIDTH), torch.arange(5))
    assert float(loss) == pytest.approx(5 * math.log(ITEMS), rel=1e-6)
