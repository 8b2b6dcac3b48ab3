"""A heavy model taught to a light one: the light tier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from millstream.learning.evaluation.ranking import Scores
from millstream.learning.families.knobs import between, knobs_of, whole
from millstream.learning.interactions import Ints
from millstream_tools.lab.compression.lessons import Lessons, lessons
from millstream_tools.lab.sequence.knobs import SequenceKnobs
from millstream_tools.lab.sequence.losses import OfScores, over_all_items
from millstream_tools.lab.sequence.model import SequenceModel
from millstream_tools.lab.sequence.recommender import SequenceRecommender
from millstream_tools.lab.sequence.training import Loss, train


@dataclass(frozen=True)
class DistillKnobs:
    """Knobs of distillation; `student` are knobs of `SequenceKnobs`, in place of their defaults."""

    student: Mapping[str, Any] = field(default_factory=lambda: {"blocks": 1, "window": 50, "dropout": 0.1})
    soft: float = 0.7
    """The teacher's share in the loss; the rest is what really came next."""

    temperature: float = 1.0
    """Teacher's and student's scores are divided by it before they are likened: above 1, lesser items weigh more."""

    top: int = 32
    """The number of the teacher's best items that the student gets at each step."""

    steps: int | None = None
    """The latest steps of each history that are learned from; None: all. A sequence model answers quickly about all of
    them, any other teacher is slow."""

    def __post_init__(self) -> None:
        between(self, "soft", most=1.0)
        between(self, "temperature", above=0.0)
        whole(self, "top", *(["steps"] if self.steps is not None else []))
        knobs_of(SequenceKnobs, self.student)


def distil(
    teacher: Scores, histories: Sequence[Ints], items: int, knobs: DistillKnobs, seed: int, keep_in: Path | None = None
) -> SequenceRecommender:
    """A student that has learned from the histories and from what the teacher says comes next in them.

    Where the teacher is a sequence model the student begins with its items, as far as its width goes. `keep_in` is the
    folder for checkpoints; a training that was killed goes on from there, after the teacher was asked again.
    """
    student = SequenceRecommender(knobs_of(SequenceKnobs, knobs.student))
    able = [history for history in histories if len(history)]
    # With `steps`, what the student reads is its last window and no more; the teacher goes by all of it.
    kept = None if knobs.steps is None else -(max(knobs.steps, student.knobs.window) + 1)
    read = [history[kept:] for history in able]

    def lesson(learned: Sequence[Ints]) -> Loss:
        cut = [len(shown) - len(part) for shown, part in zip(read, learned, strict=True)]
        asked = [history[: len(history) - less] for history, less in zip(able, cut, strict=True)]
        told = lessons(teacher, asked, min(knobs.top, items), knobs.steps)
        return _loss(told.of_ends(asked, learned), knobs)

    torch.manual_seed(seed)
    start = SequenceModel(student.knobs, items)
    if isinstance(teacher, SequenceRecommender):
        with torch.no_grad():
            start.item.weight[:items] = narrowed(teacher.fitted().item.weight[:items], student.knobs.width)
    trained = train(read, items, student.knobs, seed, keep_in, start=start, lesson=lesson)
    student.model, student.history = trained.model.cpu(), trained.history
    return student


@torch.no_grad()
def narrowed(rows: Tensor, width: int) -> Tensor:
    """Rows [N, width] whose products with each other are nearest to those of `rows` [N, D]; zeros where D is less."""
    if rows.shape[1] <= width:
        return torch.nn.functional.pad(rows, (0, width - rows.shape[1]))
    directions: Tensor = torch.linalg.svd(rows.float(), full_matrices=False).Vh
    return rows @ directions[:width].T


def _loss(told: Lessons, knobs: DistillKnobs) -> Loss:
    def loss(states: Tensor, catalogue: Tensor, target: Tensor, place: Tensor) -> Tensor:
        row: Tensor = told.row[place.cpu()]
        known = row >= 0
        row, known = row[known], known.to(states.device)
        items = told.items[row].long().to(states.device)
        odds = torch.softmax(told.scores[row].float() / knobs.temperature, dim=1).to(states.device)
        of_scores = taught(target[known], items, odds, knobs.soft, knobs.temperature)
        return over_all_items(states[known], catalogue, of_scores)

    return loss


def taught(target: Tensor, items: Tensor, odds: Tensor, soft: float, temperature: float) -> OfScores:
    """(1 - soft) * cross-entropy of the target + soft * T^2 * cross-entropy of the teacher's odds at temperature T.

    `target` [n], and the teacher's `items` and `odds` [n, k].
    """
    return lambda scores, part: _of_scores(scores, target[part, None], items[part], odds[part], soft, temperature)


def _of_scores(
    scores: Tensor, own: Tensor, items: Tensor, odds: Tensor, soft: float, temperature: float
) -> tuple[Tensor, Tensor]:
    """The loss, [], of m states and its gradient by their scores [m, N], which are overwritten."""
    scores -= scores.amax(dim=1, keepdim=True)
    of_target, of_taught = scores.gather(1, own).float(), scores.gather(1, items).float() / temperature
    softened = scores if temperature == 1 else (scores / temperature).exp_()
    shares = scores.exp_()
    total = shares.sum(dim=1, keepdim=True, dtype=torch.float32)
    soft_total = softened.sum(dim=1, keepdim=True, dtype=torch.float32)
    likened = (odds * (of_taught - soft_total.log())).sum(dim=1, keepdim=True)
    loss = -((1 - soft) * (of_target - total.log()) + soft * temperature**2 * likened).sum()
    if temperature == 1:
        gradient = shares.mul_((1 / total).to(shares.dtype))
    else:
        gradient = shares.mul_(((1 - soft) / total).to(shares.dtype))
        gradient += softened.mul_((soft * temperature / soft_total).to(shares.dtype))
    gradient.scatter_add_(1, own, torch.full_like(of_target, soft - 1).to(gradient.dtype))
    gradient.scatter_add_(1, items, (-soft * temperature * odds).to(gradient.dtype))
    return loss, gradient
