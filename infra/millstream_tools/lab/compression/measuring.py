"""Measurements of a served model: size in bytes, CPU time per user, answers."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from millstream.learning.evaluation.as_served import NOTHING_KNOWN, Asked
from millstream.learning.evaluation.questions import Questions
from millstream.learning.evaluation.ranking import NOTHING, TOP, best, scored, without
from millstream.learning.export.model import order_of
from millstream.learning.families.contract import Recommender
from millstream.learning.interactions import Codes, Ints
from millstream.scoring.model_folder import GRAPH, MATRICES
from millstream.scoring.session import open_session
from millstream_tools.lab.compression.int8 import request

ROUNDS = 45
ASKED_A_ROUND = 20


class Sized(Asked, Protocol):
    """A model that may be served."""

    @property
    def size(self) -> int | None:
        """Bytes of what is served; None where there is no such thing."""


class Served:
    """A model folder, on the session that the scorer opens."""

    def __init__(self, folder: Path, rows: Ints, window: int) -> None:
        """`rows` [N] are the places of the items in the folder's vocabulary, as `rows_of` makes them."""
        self.size = (folder / GRAPH).stat().st_size + (folder / MATRICES).stat().st_size
        self._session = open_session(folder)
        self._rows = rows
        self._items = np.argsort(rows)
        self._window = window

    def top(self, history: Ints, excluded: Ints, limit: int, attributes: Codes = NOTHING_KNOWN) -> Ints:
        """See Asked. Compressed models read no attributes."""
        del attributes
        asked = request(self._rows[history[-self._window :]], self._window, self._rows[excluded], limit)
        found: Ints = self._items[self._session.run(["items"], asked)[0]]
        return found


class Scored:
    """A model of the lab that has no graph."""

    size = None

    def __init__(self, model: Recommender) -> None:
        self._model = model

    def top(self, history: Ints, excluded: Ints, limit: int, attributes: Codes = NOTHING_KNOWN) -> Ints:
        """See Asked."""
        found = best(without(scored(self._model, [history], attributes[None]), [excluded]), limit)[0]
        given: Ints = found[found != NOTHING]
        return given


def rows_of(labels: Sequence[str]) -> Ints:
    """The place of each item in the vocabulary of a model folder, [N]: vocabularies are in the order of keys."""
    return np.argsort(order_of(labels))


def cpu_ms(models: Mapping[str, Sized], questions: Questions, seed: int) -> dict[str, float]:
    """CPU milliseconds for one answer, the median of rounds in which the models take turns at the same questions."""
    draw = np.random.default_rng(seed)
    taken: dict[str, list[float]] = {name: [] for name in models}
    for number in range(ROUNDS + 1):
        drawn = draw.integers(0, len(questions), ASKED_A_ROUND).tolist()
        for name in draw.permutation(list(models)).tolist():
            began = time.process_time_ns()
            for question in drawn:
                models[name].top(questions.histories[question], questions.excluded[question], TOP)
            if number:  # the first is to warm up
                taken[name].append((time.process_time_ns() - began) / 1e6 / len(drawn))
    return {name: float(np.median(values)) for name, values in taken.items()}
