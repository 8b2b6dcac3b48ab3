"""Train a sequence model, in one process or, under torchrun, in many with the same result."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, distributed

from millstream.domain.errors import InvalidInputError
from millstream.learning.interactions import Ints
from millstream.learning.stopwatch import Seconds, Stopwatch, summed
from millstream_tools.lab.bars import bar, tell
from millstream_tools.lab.sequence import checkpoint
from millstream_tools.lab.sequence.batches import Batch, batches_of_an_epoch, latest
from millstream_tools.lab.sequence.checkpoint import Progress
from millstream_tools.lab.sequence.knobs import SequenceKnobs
from millstream_tools.lab.sequence.losses import summed_loss
from millstream_tools.lab.sequence.model import SequenceModel

_ASKED_AT_ONCE = 256


@dataclass(frozen=True)
class Trained:
    """A model with the weights of its best epoch, the results of all epochs, and the time of earlier processes."""

    model: SequenceModel
    history: list[dict[str, float]]
    spent_before: Seconds


Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""The sum to minimise over states [n, D], by the catalogue [N, D], the targets [n] and their places [n] (`Batch`)."""


def train(
    histories: Sequence[Ints],
    items: int,
    knobs: SequenceKnobs,
    seed: int,
    keep_in: Path | None = None,
    *,
    start: SequenceModel | None = None,
    lesson: Callable[[Sequence[Ints]], Loss] | None = None,
) -> Trained:
    """Fit on the steps from each item to the next; `keep_in` is the folder to keep checkpoints in and go on from.

    The same seed gives the same weights, whether or not the training was killed on its way. `start` is trained on in
    place of a new model. `lesson` makes a loss of its own for the histories that are learned from. Raises
    InvalidInputError where no history has two items.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(seed)
    model = (start or SequenceModel(knobs, items)).to(device)
    learned, asked = _held_out([history for history in histories if len(history)], knobs.held_out, seed)
    steps = len(batches_of_an_epoch(learned, knobs.window, knobs.batch, items, np.random.default_rng((seed, 0))))
    if not steps:
        raise InvalidInputError("histories", "one with two items or more", f"{len(learned)} with at most one")
    optimiser = torch.optim.AdamW(model.parameters(), lr=knobs.learning_rate, weight_decay=knobs.weight_decay)
    loss = lesson(learned) if lesson else None
    progress = checkpoint.read(keep_in, knobs, seed) if keep_in else None
    if progress:
        model.load_state_dict(progress.weights)
        optimiser.load_state_dict(progress.optimiser)
    else:
        progress = Progress(0, -math.inf, 0, _copied(model), _copied(model), optimiser.state_dict(), [])
    spent_before = spent_in(progress.history)
    while progress.epoch < knobs.epochs and progress.epoch - progress.best_epoch < knobs.patience:
        _epoch(model, optimiser, learned, asked, knobs, seed, steps, progress, loss)
        if keep_in and _rank() == 0:
            checkpoint.write(keep_in, knobs, seed, progress)
    model.load_state_dict(progress.best_weights)
    return Trained(model.eval(), progress.history, spent_before)


def spent_in(epochs: Sequence[Mapping[str, float]]) -> Seconds:
    """The time of these epochs."""
    return summed(Seconds(epoch["wall"], epoch["CPU"]) for epoch in epochs)


def _epoch(
    model: SequenceModel,
    optimiser: torch.optim.Optimizer,
    learned: Sequence[Ints],
    asked: Sequence[Ints],
    knobs: SequenceKnobs,
    seed: int,
    steps: int,
    progress: Progress,
    own_loss: Loss | None,
) -> None:
    """Run one epoch and the held-out evaluation, if any; write the results to `progress`."""
    watch = Stopwatch()
    epoch = progress.epoch + 1
    drawn = np.random.default_rng((seed, epoch))
    torch.manual_seed(int(drawn.integers(2**62)))
    negatives = torch.Generator().manual_seed(int(drawn.integers(2**62)))

    def knobs_loss(states: Tensor, catalogue: Tensor, target: Tensor, _place: Tensor) -> Tensor:
        return summed_loss(knobs, states, catalogue, target, negatives)

    batches = batches_of_an_epoch(learned, knobs.window, knobs.batch, model.padding, drawn)
    model.train()
    loss, count = 0.0, 0
    for number, batch in enumerate(bar(batches, desc=f"epoch {epoch}")):
        rate = _learning_rate(knobs, (epoch - 1) * steps + number, knobs.epochs * steps)
        for group in optimiser.param_groups:
            group["lr"] = rate
        value, targets = _step(model, optimiser, batch, knobs, own_loss or knobs_loss)
        loss, count = loss + value, count + targets
    figures = {"loss": _summed(loss, model) / count}
    if asked:
        figures["held-out NDCG@10"] = held_out_ndcg(model, asked)
    reached = figures["held-out NDCG@10"] if asked else -figures["loss"]
    if reached > progress.best:
        progress.best, progress.best_epoch, progress.best_weights = reached, epoch, _copied(model)
    progress.epoch, progress.weights, progress.optimiser = epoch, _copied(model), optimiser.state_dict()
    took = watch.seconds()
    progress.history.append({**figures, **took.named()})
    if _rank() == 0:
        told = ", ".join(f"{name} {value:.4f}" for name, value in figures.items())
        tell(f"epoch {epoch}: {told}, {took.wall:.0f} s")


def _step(
    model: SequenceModel, optimiser: torch.optim.Optimizer, batch: Batch, knobs: SequenceKnobs, loss: Loss
) -> tuple[float, int]:
    """One step; its summed loss in this process, and its targets in all."""
    device = model.item.weight.device
    history, target, place = (part[_rank() :: _processes()].to(device) for part in batch)
    wanted = target != model.padding
    count = int((batch.target != model.padding).sum())
    with torch.autocast(device.type, torch.bfloat16, enabled=knobs.precision == "bf16"):
        states = model(history)[wanted]  # n D
    value = loss(states, model.catalogue(), target[wanted], place[wanted])
    optimiser.zero_grad(set_to_none=False)
    (value / count).backward()  # type: ignore[no-untyped-call]
    _sum_gradients(model)
    torch.nn.utils.clip_grad_norm_(model.parameters(), knobs.clip)
    optimiser.step()
    return float(value.detach()), count


def _sum_gradients(model: SequenceModel) -> None:
    """Each process has the gradient of its part of the batch's mean; their sum is that of the whole batch."""
    if _processes() > 1:
        gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
        flat = torch.nn.utils.parameters_to_vector(gradients)
        distributed.all_reduce(flat)
        torch.nn.utils.vector_to_parameters(flat, gradients)


def _summed(value: float, model: SequenceModel) -> float:
    """The sum over the processes: all of them must come to the same end of the training."""
    if _processes() == 1:
        return value
    total = torch.tensor(value, dtype=torch.float64, device=model.item.weight.device)
    distributed.all_reduce(total)
    return float(total)


@torch.inference_mode()
def held_out_ndcg(model: SequenceModel, asked: Sequence[Ints]) -> float:
    """NDCG@10 of the last item of each history after the others, which are not ranked; each process asks its part."""
    model.eval()
    device, gain = model.item.weight.device, 0.0
    own = asked[_rank() :: _processes()]
    for start in range(0, len(own), _ASKED_AT_ONCE):
        part = own[start : start + _ASKED_AT_ONCE]
        shown = [history[:-1] for history in part]
        history, length = latest(shown, model.knobs.window, model.padding)
        scores = model.last(history.to(device), length.to(device)) @ model.catalogue().T  # b N
        rows = torch.arange(len(part), device=device)
        target = torch.tensor([int(history[-1]) for history in part], device=device)
        of_target = scores[rows, target].clone()
        seen = torch.from_numpy(np.concatenate(shown)).to(device)
        owner = torch.repeat_interleave(rows, torch.tensor([len(one) for one in shown], device=device))
        scores[owner, seen] = -torch.inf
        rank = (scores > of_target[:, None]).sum(dim=1)  # from 0
        gain += float(torch.where(rank < 10, 1 / torch.log2(rank + 2.0), 0.0).sum())
    return _summed(gain, model) / len(asked)


def _held_out(histories: Sequence[Ints], share: float, seed: int) -> tuple[list[Ints], list[Ints]]:
    """Histories to learn from, and those to ask with; the former lack the last item of the latter."""
    able = [number for number, history in enumerate(histories) if len(history) > 2]
    chosen = np.random.default_rng((seed, 1)).permutation(able)[: round(share * len(able))]
    learned = list(histories)
    for number in chosen:
        learned[number] = histories[number][:-1]
    return learned, [histories[number] for number in sorted(chosen)]


def _learning_rate(knobs: SequenceKnobs, step: int, steps: int) -> float:
    if step < knobs.warmup:
        return knobs.learning_rate * (step + 1) / knobs.warmup
    done = (step - knobs.warmup) / max(1, steps - knobs.warmup)
    return knobs.learning_rate * (0.01 + 0.99 * (1 + math.cos(math.pi * min(1.0, done))) / 2)


def _copied(model: SequenceModel) -> dict[str, Tensor]:
    return {name: weight.detach().cpu().clone() for name, weight in model.state_dict().items()}


def _rank() -> int:
    return distributed.get_rank() if distributed.is_initialized() else 0


def _processes() -> int:
    return distributed.get_world_size() if distributed.is_initialized() else 1
