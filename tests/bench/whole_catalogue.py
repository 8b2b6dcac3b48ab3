"""The best hundred of a whole catalogue with ONNX Runtime alone; and how long a session takes to open.

What is timed is the graph that is served, encoder included, for a tail of ten items. The floor is one pass over the
item matrix at a byte a number: no way to look at every item can be faster. The peers are numpy's product with a full
sort and with a partial one; they get the state for nothing.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from millstream.learning.interactions import Ints
from millstream.scoring.model_folder import GRAPH
from millstream.scoring.session import open_session
from millstream_tools.lab.sequence.graph import graph
from millstream_tools.lab.sequence.knobs import SequenceKnobs
from millstream_tools.lab.sequence.quantized import quantized_graph
from tests.bench.made_up_items import item_rows
from tests.bench.measuring import Contender, Timing, Work, measured
from tests.bench.reporting import Gate, Report, Table
from tests.unit.tools.lab.sequence_weights import made_up

WIDTH = 64
LIMIT = 100
TAIL = 10
FLOORS = 2.5
RECALL = 0.99
GROWTH = 1.2

FORMS = {"Millstream, matrix in eight bits": quantized_graph, "Millstream": graph}


@dataclass(frozen=True)
class Size:
    """Catalogues in ascending order; the gates are about the last."""

    catalogues: tuple[int, ...] = (1_000, 100_000, 1_000_000)
    questions: int = 3
    recall_questions: int = 50
    rounds: int = 15


FULL = Size()
TINY = Size(catalogues=(300, 3_000), questions=1, recall_questions=2, rounds=1)


@dataclass(frozen=True)
class Catalogue:
    """One model in both forms, each in a folder."""

    items: int
    rows: NDArray[np.float32]
    folders: dict[str, Path]

    @classmethod
    def create(cls, items: int, folder: Path) -> Catalogue:
        """Write the forms of a drawn model."""
        knobs, rows, folders = SequenceKnobs(width=WIDTH, window=50), item_rows(items + 1, WIDTH), {}
        weights = {**made_up(knobs, 1), "item.weight": rows}
        for name, to_graph in FORMS.items():
            folders[name] = folder / f"{items} {name}"
            folders[name].mkdir()
            to_graph(knobs, weights).write(folders[name])
        return cls(items, rows, folders)


def run(size: Size = FULL) -> Report:
    """Measure the best hundred of each catalogue, then the start of all of them together."""
    with tempfile.TemporaryDirectory() as folder:
        catalogues = [Catalogue.create(items, Path(folder)) for items in size.catalogues]
        best = [_best_hundred(catalogue, size) for catalogue in catalogues]
        starts, growth = _starts(catalogues, size)
    return Report("whole_catalogue", (*(table for table, _ in best), starts), (best[-1][1], *growth))


def _best_hundred(catalogue: Catalogue, size: Size) -> tuple[Table, Gate]:
    answers = {name: _served(folder, catalogue.items) for name, folder in catalogue.folders.items()}
    exact = answers["Millstream"]
    recalls = {
        name: float(np.mean([_shared(answer(n), exact(n)) for n in range(size.recall_questions)]))
        for name, answer in answers.items()
    }
    ways: dict[str, Work] = {
        "floor: read the matrix as bytes": _floor(catalogue.items, size.questions),
        **{name: _asked(answer, size.questions) for name, answer in answers.items()},
        "numpy, product and partial sort (strong peer)": _by_numpy(catalogue.rows, size.questions, _partial_sort),
        "numpy, product and sort (idiomatic peer)": _by_numpy(catalogue.rows, size.questions, np.argsort),
    }
    contenders = [Contender(name, functools.partial(_ready, work)) for name, work in ways.items()]
    timings = [timing.per(size.questions) for timing in measured(contenders, size.rounds)]
    floor, ours = timings[0], timings[1]
    rows = tuple(
        (
            timing.name,
            1e6 * timing.median,
            1e6 * timing.best,
            floor.ratio_to(timing),
            floor.best_ratio_to(timing),
            recalls.get(timing.name, "" if timing is floor else 1.0),
        )
        for timing in timings
    )
    columns = ("", "µs a request", "best", "÷ floor", "best ÷ best", f"recall at {LIMIT}")
    title = f"The best {LIMIT} of {catalogue.items:,} items, width {WIDTH}"
    gate = Gate(
        f"{title}: at most {FLOORS:g} times the floor at recall {RECALL}",
        f"{floor.ratio_to(ours):.2f} times at {recalls[ours.name]:.4f}",
        floor.ratio_to(ours) <= FLOORS and recalls[ours.name] >= RECALL,
    )
    return Table(title, columns, rows), gate


def _starts(catalogues: Sequence[Catalogue], size: Size) -> tuple[Table, tuple[Gate, ...]]:
    """CPU time of opening a session, for every form and size in turn, and by ONNX Runtime's own defaults."""
    contenders = [
        Contender(
            f"{name}, {catalogue.items:,} items", functools.partial(_ready, functools.partial(open_session, folder))
        )
        for catalogue in catalogues
        for name, folder in catalogue.folders.items()
    ]
    contenders += [
        Contender(
            f"ONNX Runtime's defaults, {catalogue.items:,} items", functools.partial(_ready, _by_default(catalogue))
        )
        for catalogue in catalogues
    ]
    timings = measured(contenders, size.rounds)
    rows = tuple((timing.name, 1e3 * timing.median, 1e3 * timing.best) for timing in timings)
    small, large = timings[: len(FORMS)], timings[len(FORMS) * (len(catalogues) - 1) :]
    gates = tuple(_growth(*pair, catalogues) for pair in zip(small, large, strict=False))
    return Table("Opening a session", ("", "CPU ms median", "best"), rows), gates


def _growth(small: Timing, large: Timing, catalogues: Sequence[Catalogue]) -> Gate:
    grown = small.ratio_to(large)
    times = catalogues[-1].items / catalogues[0].items
    return Gate(
        f"{large.name}: a session opens in at most {GROWTH:g} times the time of {times:,.0f} times fewer items",
        f"{grown:.2f} times",
        grown <= GROWTH,
    )


def _by_default(catalogue: Catalogue) -> Work:
    path = catalogue.folders["Millstream"] / GRAPH
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return lambda: onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _served(folder: Path, items: int) -> Callable[[int], Ints]:
    session = open_session(folder)
    weight, limit = np.ones(TAIL, np.float32), np.array([LIMIT])

    def answer(number: int) -> Ints:
        tail = np.random.default_rng(number).integers(items, size=TAIL)
        inputs = {"tail": tail, "tail_weight": weight, "excluded": tail, "limit": limit}
        found: Any = session.run(["items", "scores", "because"], inputs)[0]
        return np.asarray(found)

    return answer


def _asked(answer: Callable[[int], Ints], questions: int) -> Work:
    return lambda: [answer(number) for number in range(questions)]


def _by_numpy(rows: NDArray[np.float32], questions: int, sort: Callable[[NDArray[np.float32]], Ints]) -> Work:
    states = np.random.default_rng(1).standard_normal((questions, rows.shape[1]), dtype=np.float32)
    return lambda: [sort(-(rows @ state))[:LIMIT] for state in states]


def _partial_sort(scores: NDArray[np.float32]) -> Ints:
    chosen = np.argpartition(scores, LIMIT)[:LIMIT]
    return np.asarray(chosen[np.argsort(scores[chosen])])


def _floor(items: int, questions: int) -> Work:
    """Numpy's sum of words of eight bytes reads as fast as a loop in C that keeps nothing."""
    words = np.ones(items * WIDTH // 8, np.int64)
    return lambda: [np.add.reduce(words) for _ in range(questions)]


def _shared(found: Ints, wanted: Ints) -> float:
    return len(np.intersect1d(found, wanted)) / len(wanted)


def _ready(work: Work) -> Work:
    return work
