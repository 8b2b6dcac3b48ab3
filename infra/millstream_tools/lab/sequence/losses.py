"""Losses over the next items. n states, D width, N items, K negatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from millstream_tools.lab.sequence.knobs import SequenceKnobs

_AT_ONCE = 256
"""States whose scores of all items are in memory together."""

OfScores = Callable[[Tensor, slice], tuple[Tensor, Tensor]]
"""From m states' scores of all items [m, N], which it may overwrite, and which of the states they are: the sum of their
losses, [], and its gradient by the scores, [m, N]."""


def summed_loss(
    knobs: SequenceKnobs, states: Tensor, catalogue: Tensor, target: Tensor, draw: torch.Generator
) -> Tensor:
    """The sum over [n, D] states of the loss at their targets [n], indices into the catalogue [N, D]."""
    if knobs.loss == "cross_entropy":
        return over_all_items(states, catalogue, _cross_entropy(target, knobs.robustness))
    states, catalogue = states.float(), catalogue.float()
    negatives = torch.randint(len(catalogue), (knobs.negatives,), generator=draw).to(target.device)  # K
    right = (states * catalogue[target]).sum(dim=1, keepdim=True)  # n 1
    wrong = states @ catalogue[negatives].T  # n K
    wrong = wrong.masked_fill(negatives == target[:, None], -torch.inf)
    if knobs.loss == "sampled_softmax":
        scores = torch.cat([right, wrong], dim=1)
        return functional.cross_entropy(scores, torch.zeros_like(target), reduction="sum")
    return _gbce(right, wrong, knobs, len(catalogue))


def _gbce(right: Tensor, wrong: Tensor, knobs: SequenceKnobs, items: int) -> Tensor:
    """Binary cross-entropy whose positive term is weighted by beta, which calibrates it for the sampling rate."""
    rate = knobs.negatives / (items - 1)
    beta = rate * (knobs.calibration * (1 - 1 / rate) + 1 / rate)
    return -(beta * functional.logsigmoid(right)).sum() - functional.logsigmoid(-wrong).sum()


def over_all_items(states: Tensor, catalogue: Tensor, of_scores: OfScores) -> Tensor:
    """The sum, [], over [n, D] states of a loss of their scores of all items [N, D]."""
    value: Tensor = _InParts.apply(states, catalogue, of_scores)  # type: ignore[no-untyped-call]
    return value


def _cross_entropy(target: Tensor, robustness: float) -> OfScores:
    """Softmax cross-entropy; with robustness q a state's gradient is weighted by p^q, p being its target's share."""

    def of_scores(scores: Tensor, part: slice) -> tuple[Tensor, Tensor]:
        own = target[part, None]  # m 1
        scores -= scores.amax(dim=1, keepdim=True)
        of_target = scores.gather(1, own).float()
        share = scores.exp_()
        total = share.sum(dim=1, keepdim=True, dtype=torch.float32)
        log_p = of_target - total.log()  # m 1
        weight = (robustness * log_p).exp()
        share *= (weight / total).to(share.dtype)
        share.scatter_add_(1, own, -weight.to(share.dtype))
        return -((weight - 1) / robustness if robustness else log_p).sum(), share

    return of_scores


class _InParts(torch.autograd.Function):
    """A loss of the scores of all items, which never exist all at once.

    The gradient is made with the value, part by part, while a part's scores are in the cache: one product forward and
    two back.
    """

    @staticmethod
    def forward(ctx: Any, states: Tensor, catalogue: Tensor, of_scores: OfScores) -> Tensor:
        """The loss, [], of [n, D] and [N, D]."""
        to_states, to_catalogue = torch.empty_like(states), torch.zeros_like(catalogue)
        rows = catalogue.to(states.dtype)
        value = torch.zeros((), device=states.device)
        room = states.new_empty(min(_AT_ONCE, len(states)), len(catalogue))  # one, or fresh memory costs more than all
        for start in range(0, len(states), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            shown = states[part]  # m D
            loss, gradient = of_scores(torch.mm(shown, rows.T, out=room[: len(shown)]), part)
            value += loss
            to_states[part] = gradient @ rows
            to_catalogue += gradient.T @ shown
        ctx.save_for_backward(to_states, to_catalogue)
        return value

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        """Return the gradient from `forward`."""
        to_states, to_catalogue = ctx.saved_tensors
        return to_states * gradients[0], to_catalogue * gradients[0], None
