from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from millstream.application.ports import Scorer
from millstream.domain.models.cards import Cost
from millstream.learning.export.origin import Origin
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream_tools.lab.sequence.export import ToGraph, export
from millstream_tools.lab.sequence.graph import graph
from millstream_tools.lab.sequence.graph_layers import Weights
from millstream_tools.lab.sequence.knobs import SequenceKnobs
from millstream_tools.lab.sequence.quantized import quantized_graph
from tests.contract.scorer_suite import ScorerSuite
from tests.unit.millstream.learning.histories import scorer_of

ITEMS = ["tea", "cup", "spoon", "sugar", "lamp", "bulb"]
KNOBS = SequenceKnobs(
    width=16,
    blocks=1,
    window=4,
    batch=4,
    warmup=2,
    learning_rate=0.01,
    epochs=30,
    held_out=0.0,
    patience=30,
    dropout=0.3,
    temperature=0.1,
)


class TestOnnxScorer(ScorerSuite):
    """The co-visitation model in ONNX."""

    def fitted(self, folder: Path) -> Scorer:
        """Fitted by the trainer, written to the folder, and read back."""
        return scorer_of(self.HISTORIES, folder)


class TestSequenceScorer(ScorerSuite):
    """A sequence model in ONNX."""

    to_graph: ToGraph = staticmethod(graph)

    def fitted(self, folder: Path) -> Scorer:
        """Trained once, written to the folder, and read back."""
        pytest.importorskip("torch", reason="the extra neural is not installed")
        origin = Origin("histories", 7, Cost(0, 0), 0, {})
        model = export(KNOBS, trained(), ITEMS, folder, origin, to_graph=self.to_graph)
        return OnnxScorer.load(model.folder, model.version)


class TestQuantizedSequenceScorer(TestSequenceScorer):
    """The same with the item matrix in eight bits."""

    to_graph = staticmethod(quantized_graph)


@cache
def trained() -> Weights:
    """The weights of a model of the suite's histories."""
    # Only now, because it needs PyTorch.
    import torch

    from millstream_tools.lab.sequence.training import train

    torch.set_num_threads(1)  # threads that wait for each other cost more than so small a model
    histories = [np.array([ITEMS.index(item) for item in items]) for items in ScorerSuite.HISTORIES.values()]
    model = train(histories, len(ITEMS), KNOBS, 7).model
    return {name: weight.numpy() for name, weight in model.state_dict().items()}
