"""The teacher's predictions after every step of the histories: its best items and their likelihoods.

G. Hinton, O. Vinyals, J. Dean, "Distilling the knowledge in a neural network", https://arxiv.org/abs/1503.02531.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from millstream.learning.evaluation.ranking import Scores
from millstream.learning.interactions import Ints
from millstream_tools.lab.sequence.batches import latest
from millstream_tools.lab.sequence.model import SequenceModel
from millstream_tools.lab.sequence.recommender import SequenceRecommender

_ASKED_AT_ONCE = 64


class Lessons(NamedTuple):
    """The teacher's k best items for m of the places in histories that are laid end to end."""

    row: Tensor
    """[places + 1] where a place's lesson is; -1 where it has none, as has the place past the end."""

    items: Tensor
    """[m, k] best first."""

    scores: Tensor
    """[m, k] the teacher's, as halves: comparable within a row."""

    def of_ends(self, histories: Sequence[Ints], ends: Sequence[Ints]) -> Lessons:
        """The lessons of these histories for the places of their ends, laid one after the other."""
        stops = np.cumsum([len(history) for history in histories])
        parts = [self.row[stop - len(end) : stop] for stop, end in zip(stops.tolist(), ends, strict=True)]
        return self._replace(row=torch.cat([*parts, self.row[-1:]]))


def lessons(teacher: Scores, histories: Sequence[Ints], top: int, steps: int | None) -> Lessons:
    """The teacher's `top` best items and scores after each item of a history.

    With `steps`, of that many of the latest items of each history. A sequence model reads all steps of a history at
    once; any other teacher is asked about one after the other.
    """
    starts = np.cumsum([0, *(len(history) for history in histories)])
    row = np.full(starts[-1] + 1, -1, dtype=np.int64)
    items, scores, told = [torch.empty(0, top, dtype=torch.int32)], [torch.empty(0, top).half()], 0
    first = [max(1, len(history) - steps) if steps else 1 for history in histories]
    read = _read(teacher.fitted(), histories, first) if isinstance(teacher, SequenceRecommender) else None
    for number, places, said in read or _scored(teacher, histories, first):
        best = torch.topk(said, top, dim=1)
        row[starts[number] + places] = np.arange(told, told + len(places))
        told += len(places)
        items.append(best.indices.int())
        # The best is 0: halves are fine where it matters.
        scores.append((best.values - best.values[:, :1]).half())
    return Lessons(torch.from_numpy(row), torch.cat(items), torch.cat(scores))


@torch.inference_mode()
def _read(model: SequenceModel, histories: Sequence[Ints], first: Sequence[int]) -> Iterator[tuple[int, Ints, Tensor]]:
    """The number of a history, places [p] in it, from its `first` on, and the scores [p, N] of what stands there.

    Windows of a long history overlap by half, so that only its first steps have less than half a window behind.
    """
    window = model.knobs.window
    hop = -(-window // 2)
    able = sorted((len(history), number) for number, history in enumerate(histories) if len(history) > 1)
    parts = [part for length, number in able for part in _windows(number, length, first[number], window, hop)]
    for begin in range(0, len(parts), _ASKED_AT_ONCE):
        batch = parts[begin : begin + _ASKED_AT_ONCE]
        shown = [histories[part.history][part.start : part.stop - 1] for part in batch]
        states = model(latest(shown, window, model.padding)[0])  # b L D
        for part, state in zip(batch, states, strict=True):
            wanted = state[part.first - 1 - part.start : part.stop - 1 - part.start]
            yield part.history, np.arange(part.first, part.stop), wanted @ model.catalogue().T


class _Window(NamedTuple):
    """From `start` of a history, to say what stands from `first` to before `stop`."""

    history: int
    start: int
    first: int
    stop: int


def _windows(history: int, length: int, first: int, window: int, hop: int) -> Iterator[_Window]:
    """From the end of the history back, to its first place that is asked about."""
    stop = length
    while stop > first:
        start = max(0, stop - 1 - window)
        begins = max(first, start + 1 + window - hop) if start else first
        yield _Window(history, start, begins, stop)
        stop = begins


def _scored(teacher: Scores, histories: Sequence[Ints], first: Sequence[int]) -> Iterator[tuple[int, Ints, Tensor]]:
    """The same of a teacher that answers one history at a time."""
    for number, history in enumerate(histories):
        for begin in range(first[number], len(history), _ASKED_AT_ONCE):
            places = np.arange(begin, min(begin + _ASKED_AT_ONCE, len(history)))
            scores = teacher.score([history[:place] for place in places])
            yield number, places, torch.from_numpy(np.asarray(scores)).float()
