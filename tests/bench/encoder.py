"""What is next for one user, by a sequence model: CPU time from the tail's indices to the best twenty of 3,706 items.

The same weights in PyTorch, on one thread, and in the graph that is served. The idiomatic peer computes all places, as
training does; a better one scores the last place only; the strong ones leave out of the last block what nobody asks
for, once as it is and once compiled. The graph does more than they: unknown and excluded items, and for each item the
one that led to it.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from millstream.learning.export.parts import Built
from millstream.learning.interactions import Ints
from millstream.scoring.session import open_session
from millstream_tools.lab.sequence.graph import graph
from millstream_tools.lab.sequence.knobs import Block, SequenceKnobs
from millstream_tools.lab.sequence.model import SequenceModel
from millstream_tools.lab.sequence.quantized import quantized_graph
from tests.bench.made_up_items import item_rows
from tests.bench.measuring import Contender, Timing, Work, measured
from tests.bench.peers.torch_next_items import Pruned, every_place, last_place, pruned
from tests.bench.reporting import Gate, Report, Table

TIMES = 3.5
OVERLAP = 0.95
LIMIT = 20
_SEED = 1

COLUMNS = ("", "µs a request", "best", "idiomatic ÷ this", "best ÷ best", "same of 20")

Asked = Callable[[int], Ints]
"""Answers the question of this number."""


class Shape(NamedTuple):
    """A model."""

    block: Block
    width: int
    window: int


@dataclass(frozen=True)
class Size:
    """Models, and how many questions each is asked in a round."""

    shapes: tuple[Shape, ...] = (
        Shape("sasrec", 64, 50),
        Shape("sasrec", 64, 200),
        Shape("ligr", 64, 50),
        Shape("hstu", 64, 50),
        Shape("gru", 64, 50),
    )
    items: int = 3706
    questions: int = 20
    rounds: int = 15
    compiled: bool = True


FULL = Size()
TINY = Size((Shape("sasrec", 8, 4), Shape("gru", 8, 4)), items=60, questions=2, rounds=1, compiled=False)


def run(size: Size = FULL) -> Report:
    """Measure each model."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        measurements = [_measured(shape, size) for shape in size.shapes]
    finally:
        torch.set_num_threads(threads)
    return Report("encoder", tuple(table for table, _ in measurements), tuple(gate for _, gate in measurements))


def _measured(shape: Shape, size: Size) -> tuple[Table, Gate]:
    model = _untrained(SequenceKnobs(block=shape.block, width=shape.width, window=shape.window), size.items)
    random = np.random.default_rng(shape.window)
    histories = [random.permutation(size.items)[: shape.window] for _ in range(size.questions)]
    with tempfile.TemporaryDirectory() as folder:
        answers = _peers(model, histories, compiled=size.compiled) | _ours(model, histories, Path(folder))
        contenders = [
            Contender(name, functools.partial(_all, answer, size.questions)) for name, answer in answers.items()
        ]
        timings = [timing.per(size.questions) for timing in measured(contenders, size.rounds)]
        overlaps = [_overlap(answer, next(iter(answers.values())), size.questions) for answer in answers.values()]
    title = f"{shape.block}, width {shape.width}, {shape.window} items of history, {size.items:,} in the catalogue"
    return _table(title, timings, overlaps), _gate(title, timings, overlaps)


def _untrained(knobs: SequenceKnobs, items: int) -> SequenceModel:
    """Drawn weights: what is compared computes the same whatever they are."""
    torch.manual_seed(_SEED)
    model = SequenceModel(knobs, items).eval()
    with torch.no_grad():
        model.item.weight.copy_(torch.from_numpy(item_rows(items + 1, knobs.width)))
    return model


def _peers(model: SequenceModel, histories: Sequence[Ints], *, compiled: bool) -> dict[str, Asked]:
    tensors = [torch.from_numpy(history) for history in histories]
    answers: dict[str, Asked] = {
        "PyTorch, all places (idiomatic peer)": lambda number: every_place(model, tensors[number], LIMIT).numpy(),
        "PyTorch, head for the last place": lambda number: last_place(model, tensors[number], LIMIT).numpy(),
    }
    if model.knobs.block == "sasrec":
        strong = Pruned(model)
        answers["PyTorch, last block pruned (strong peer)"] = lambda number: pruned(
            strong, tensors[number], LIMIT
        ).numpy()
        if compiled:
            fast = torch.compile(strong, dynamic=False)
            answers["PyTorch, pruned and compiled (strong peer)"] = lambda n: pruned(fast, tensors[n], LIMIT).numpy()
    return answers


def _ours(model: SequenceModel, histories: Sequence[Ints], folder: Path) -> dict[str, Asked]:
    weights = {name: weight.numpy() for name, weight in model.state_dict().items()}
    return {
        "Millstream": _served(graph(model.knobs, weights), histories, folder / "full"),
        "Millstream, matrix in eight bits": _served(quantized_graph(model.knobs, weights), histories, folder / "eight"),
    }


def _served(built: Built, histories: Sequence[Ints], folder: Path) -> Asked:
    folder.mkdir()
    built.write(folder)
    session = open_session(folder)
    tails = [np.ascontiguousarray(history[::-1]) for history in histories]
    weight, limit = np.ones(len(tails[0]), np.float32), np.array([LIMIT])

    def answer(number: int) -> Ints:
        inputs = {"tail": tails[number], "tail_weight": weight, "excluded": tails[number], "limit": limit}
        items: Any = session.run(["items", "scores", "because"], inputs)[0]
        return np.asarray(items)

    return answer


def _all(answer: Asked, questions: int) -> Work:
    def work() -> None:
        for number in range(questions):
            answer(number)

    return work


def _overlap(answer: Asked, of: Asked, questions: int) -> float:
    """The share of the peer's items that are ours too."""
    return float(np.mean([len(np.intersect1d(answer(number), of(number))) / LIMIT for number in range(questions)]))


def _table(title: str, timings: Sequence[Timing], overlaps: Sequence[float]) -> Table:
    rows = tuple(
        (
            timing.name,
            1e6 * timing.median,
            1e6 * timing.best,
            timing.ratio_to(timings[0]),
            timing.best_ratio_to(timings[0]),
            overlap,
        )
        for timing, overlap in zip(timings, overlaps, strict=True)
    )
    return Table(title, COLUMNS, rows)


def _gate(title: str, timings: Sequence[Timing], overlaps: Sequence[float]) -> Gate:
    place = [timing.name for timing in timings].index("Millstream")
    times, overlap = timings[place].ratio_to(timings[0]), overlaps[place]
    return Gate(
        f"{title}: {TIMES:g} times less CPU than PyTorch, {OVERLAP:.0%} of the twenty the same",
        f"{times:.1f} times, {overlap:.0%}",
        times >= TIMES and overlap >= OVERLAP,
    )
