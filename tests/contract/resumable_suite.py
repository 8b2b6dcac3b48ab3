"""What every Resumable model must honour beside the promises of a Recommender."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from millstream.learning.families.contract import Resumable
from tests.contract.recommender_suite import DATA, HISTORIES, OTHER_DATA, SEED, RecommenderSuite, interactions


class ResumableSuite(RecommenderSuite):
    """Give a model that was not fitted and takes long; inherit the promises."""

    def test_a_fit_that_was_done_is_not_done_again(self, tmp_path: Path) -> None:
        """What it took is told again, and the model is the same."""
        first, second = self.create(), self.create()
        for model in (first, second):
            assert isinstance(model, Resumable)
            model.keep_in(tmp_path)
        first.fit(interactions(), SEED)
        second.fit(interactions(), SEED)
        assert first.spent_before == (0.0, 0.0)
        assert min(second.spent_before) > 0
        assert np.array_equal(first.score(HISTORIES), second.score(HISTORIES))

    def test_other_data_and_another_seed_are_other_fits(self, tmp_path: Path) -> None:
        """They share a folder and do not meet."""
        for data, seed in ((DATA, SEED), (OTHER_DATA, SEED), (DATA, SEED + 1)):
            model = self.create()
            assert isinstance(model, Resumable)
            model.keep_in(tmp_path)
            model.fit(interactions(data), seed)
            assert model.spent_before == (0.0, 0.0)
            assert np.array_equal(model.score(HISTORIES), self.as_fitted(data, seed).score(HISTORIES))
