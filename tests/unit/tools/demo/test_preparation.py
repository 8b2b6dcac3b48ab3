from __future__ import annotations

from pathlib import Path

from millstream.adapters.memory import MemoryArchive, MemoryModelStore
from millstream_tools.demo.mirror import Mirror
from millstream_tools.demo.preparation import fit_and_promote
from tests.unit.tools.lab.histories import log_of

METRICS = {"made up": {"HR@10": 0.25}}


class Stack:
    """What fitting reaches of a stack."""

    def __init__(self, root: Path) -> None:
        self._archive = MemoryArchive()
        self._archive.store(log_of({"a": ["x", "y"], "b": ["x", "y"]}), "2026-11-22")
        self._models = MemoryModelStore(root)

    def archive(self) -> MemoryArchive:
        """See millstream_tools.ops.stack."""
        return self._archive

    def models(self) -> MemoryModelStore:
        """See millstream_tools.ops.stack."""
        return self._models


def test_the_model_that_serves_says_how_good_it_was(tmp_path: Path) -> None:
    """On its card, as measured before."""
    stack = Stack(tmp_path)
    scorer = fit_and_promote(stack, Mirror(b"secret"), METRICS)  # type: ignore[arg-type]
    assert stack.models().champion() == scorer.version
    assert stack.models().model(scorer.version).card.metrics == METRICS
