from __future__ import annotations

from pathlib import Path

from millstream.adapters.memory import MemoryArchive, MemoryModelStore
from millstream.adapters.memory.log import MemoryEventLog
from millstream.application.ports import LogRecord
from millstream.application.replay.progress import silently
from millstream.domain.models.cards import LogRange
from millstream_tools.demo.preparation import fit_and_promote, imported
from tests.unit.millstream.learning.histories import record, viewed

HISTORIES = {f"user {n}": [f"item {(n + step) % 12}" for step in range(6)] for n in range(80)}
"""Users who walk along a circle: what comes next is certain."""


def log() -> list[LogRecord]:
    """One record a user, each later than the one before."""
    return [
        record(number, user, (viewed(user, 10 * number + at, item) for at, item in enumerate(items)))
        for number, (user, items) in enumerate(HISTORIES.items(), start=1)
    ]


class Stack:
    """What fitting reaches of a stack."""

    def __init__(self, root: Path) -> None:
        self._archive = MemoryArchive()
        self._archive.store(log(), "2026-11-22")
        self._models = MemoryModelStore(root)

    def archive(self) -> MemoryArchive:
        """See millstream_tools.ops.stack."""
        return self._archive

    def log_reader(self) -> MemoryEventLog:
        """See millstream_tools.ops.stack."""
        return MemoryEventLog(1)

    def models(self) -> MemoryModelStore:
        """See millstream_tools.ops.stack."""
        return self._models


def test_the_model_that_serves_says_how_good_it_was_and_what_it_was_fitted_on(tmp_path: Path) -> None:
    """On its card: metrics of the same model of the first four fifths, and the training set with its range."""
    stack = Stack(tmp_path)
    proposal, scorer = fit_and_promote(stack, "none", silently)  # type: ignore[arg-type]
    assert stack.models().champion() == scorer.version == proposal.fitted.version
    card = stack.models().model(scorer.version).card
    ((protocol, metrics),) = card.metrics.items()
    assert "no step from an item to itself, users with a history" in protocol
    assert protocol.endswith("asked as it serves, fit on the training part alone")
    assert metrics.keys() == {"HR@10", "NDCG@10"}
    assert isinstance(card.log, LogRange)
    assert (card.log.events, card.log.users) == (480, 80)


def test_the_imported_history_is_read_for_the_clients_own_fold(tmp_path: Path) -> None:
    """All of it, in its order."""
    assert [record.position.sequence_number for record in imported(Stack(tmp_path))] == list(range(1, 81))  # type: ignore[arg-type]
