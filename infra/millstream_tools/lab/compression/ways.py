"""All ways to make a model smaller, by name: each from its knobs, with what it is made of."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import onnx

from millstream.domain.errors import InvalidInputError
from millstream.learning.export.parts import Built
from millstream.learning.families.contract import Recommender
from millstream.learning.families.knobs import knobs_of
from millstream.learning.interactions import Ints
from millstream.scoring.model_folder import GRAPH
from millstream_tools.lab.compression.compact_catalogue import low_rank_catalogue, pq_catalogue
from millstream_tools.lab.compression.distillation import DistillKnobs, distil
from millstream_tools.lab.compression.int8 import StaticInt8Knobs, dynamic_int8, static_int8
from millstream_tools.lab.compression.low_rank import LowRankKnobs
from millstream_tools.lab.compression.product_quantisation import PqKnobs
from millstream_tools.lab.compression.pruning import PruneKnobs, pruned
from millstream_tools.lab.sequence.graph import ToGraph, graph
from millstream_tools.lab.sequence.graph_layers import Weights
from millstream_tools.lab.sequence.knobs import SequenceKnobs
from millstream_tools.lab.sequence.recommender import SequenceRecommender


class Subject(NamedTuple):
    """The model to compress, and its training data: histories of a catalogue of `items`."""

    model: Recommender
    histories: Sequence[Ints]
    items: int
    seed: int
    checkpoints: Path
    """The folder for those of what is trained in this way."""

    def sequence(self) -> SequenceRecommender:
        """The model, if it is one that has a graph. Raises InvalidInputError if it can only be a teacher."""
        if not isinstance(self.model, SequenceRecommender):
            raise InvalidInputError("model", "a sequence model, or distil as the only way", self.model.name)
        return self.model


class Smaller(NamedTuple):
    """A model, and its graph, given its histories with items as rows of the matrix."""

    model: SequenceRecommender
    graph_of: Callable[[Sequence[Ints]], ToGraph]


class Way(NamedTuple):
    """A kind of knobs, and what makes a model smaller by them."""

    knobs: type
    make: Callable[[Subject, Any], Smaller]


@dataclass(frozen=True)
class Nothing:
    """No knobs."""


def way_of(name: str) -> Way:
    """The method with this name. Raises InvalidInputError for an unknown one."""
    if name not in WAYS:
        raise InvalidInputError("way", f"one of {', '.join(WAYS)}", name)
    return WAYS[name]


def knobs_for(name: str, stated: Mapping[str, Any]) -> object:
    """The way's knobs with these values. Raises InvalidInputError for a wrong name or value."""
    knobs: object = knobs_of(way_of(name).knobs, stated)
    return knobs


def half_graph(knobs: SequenceKnobs, weights: Weights) -> Built:
    """All numbers as halves, for a GPU; inputs and outputs stay as they are."""
    # Here, because it brings tools of onnxruntime that nothing else needs.
    from onnxruntime.transformers.float16 import convert_float_to_float16

    with tempfile.TemporaryDirectory() as folder:
        graph(knobs, weights).write(Path(folder))
        model = onnx.load(Path(folder) / GRAPH)
    return Built(convert_float_to_float16(model, keep_io_types=True), b"")


def _as_graph(to_graph: ToGraph, subject: Subject, _: Nothing) -> Smaller:
    return Smaller(subject.sequence(), lambda _: to_graph)


def _static_int8(subject: Subject, knobs: StaticInt8Knobs) -> Smaller:
    return Smaller(subject.sequence(), partial(static_int8, knobs))


def _low_rank(subject: Subject, knobs: LowRankKnobs) -> Smaller:
    return Smaller(subject.sequence(), lambda _: partial(graph, catalogue=low_rank_catalogue(knobs)))


def _pq(subject: Subject, knobs: PqKnobs) -> Smaller:
    return Smaller(subject.sequence(), lambda _: partial(graph, catalogue=pq_catalogue(knobs, subject.seed)))


def _prune(subject: Subject, knobs: PruneKnobs) -> Smaller:
    made = pruned(subject.sequence(), subject.histories, knobs, subject.seed, subject.checkpoints)
    return Smaller(made, lambda _: graph)


def _distil(subject: Subject, knobs: DistillKnobs) -> Smaller:
    made = distil(subject.model, subject.histories, subject.items, knobs, subject.seed, subject.checkpoints)
    return Smaller(made, lambda _: graph)


def _distil_int8(subject: Subject, knobs: DistillKnobs) -> Smaller:
    return _distil(subject, knobs)._replace(graph_of=lambda _: dynamic_int8)


WAYS: Mapping[str, Way] = {
    "fp32": Way(Nothing, partial(_as_graph, graph)),
    "int8": Way(Nothing, partial(_as_graph, dynamic_int8)),
    "static-int8": Way(StaticInt8Knobs, _static_int8),
    "fp16": Way(Nothing, partial(_as_graph, half_graph)),
    "prune": Way(PruneKnobs, _prune),
    "low-rank": Way(LowRankKnobs, _low_rank),
    "pq": Way(PqKnobs, _pq),
    "distil": Way(DistillKnobs, _distil),
    "distil-int8": Way(DistillKnobs, _distil_int8),
}
