from __future__ import annotations

from pathlib import Path

from freshet.application.ports import Scorer
from tests.contract.scorer_suite import ScorerSuite
from tests.unit.trainer.histories import scorer_of


class TestOnnxScorer(ScorerSuite):
    """The co-visitation model in ONNX."""

    def fitted(self, folder: Path) -> Scorer:
        """Fitted by the trainer, written to the folder, and read back."""
        return scorer_of(self.HISTORIES, folder)
