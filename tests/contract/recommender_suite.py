"""What every Recommender must honour."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from millstream.domain.errors import InvalidInputError
from millstream.domain.keys import item_key
from millstream.domain.models.cards import Cost
from millstream.learning.evaluation.ranking import NOTHING, SparseScores
from millstream.learning.export.model import Servable, check_servable, export
from millstream.learning.export.origin import Origin
from millstream.learning.families import stored
from millstream.learning.families.contract import Recommender, Updatable
from millstream.learning.families.item_to_item import newest_first
from millstream.learning.interactions import Interactions, Ints
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream_tools.lab.models.families import load

USERS, ITEMS, EVENTS = 60, 24, 900
UNTOUCHED = ITEMS - 1
SEED = 7
DATA, OTHER_DATA = 3, 4
"""Seeds of made-up interactions."""


def interactions(seed: int = DATA) -> Interactions:
    """Users of two tastes who come back to some items; the last item is touched by nobody."""
    random = np.random.default_rng(seed)
    user = random.integers(USERS, size=EVENTS)
    half = (ITEMS - 1) // 2
    item = np.minimum(random.geometric(0.15, size=EVENTS) - 1, half - 1) + half * (user % 2)
    names = [[f"{kind}-{n}" for n in range(count)] for kind, count in (("user", USERS), ("item", ITEMS))]
    return Interactions(user, item, np.arange(EVENTS, dtype=np.float64), *names)


def items(*codes: int) -> Ints:
    """A history."""
    return np.array(codes, np.int64)


HISTORIES = (items(0, 1, 2), items(12, 15, 12), items(5), items(), items(UNTOUCHED), items(*range(ITEMS)))


class RecommenderSuite(ABC):
    """Give a model that was not fitted; inherit the promises."""

    @abstractmethod
    def create(self) -> Recommender:
        """A new model, not fitted."""

    @pytest.fixture
    def model(self) -> Recommender:
        """The model, fitted; the test's own."""
        return self.as_fitted(interactions_of=DATA)

    def as_fitted(self, interactions_of: int, seed: int = SEED) -> Recommender:
        """A copy of what one fit gave to all tests of a class: fits are most of what these tests cost."""
        return copy.deepcopy(_fitted_once(type(self), interactions_of, seed))

    def fitted(self, train: Interactions, seed: int = SEED) -> Recommender:
        """A new model, fitted."""
        model = self.create()
        model.fit(train, seed)
        return model

    def test_every_item_gets_a_finite_score_for_any_history(self, model: Recommender) -> None:
        """Also for an empty one, for one that was never seen, and for an item that nobody touched."""
        scores = model.score(HISTORIES)
        assert scores.shape == (len(HISTORIES), ITEMS)
        assert np.isfinite(scores).all()

    def test_no_histories_give_no_scores(self, model: Recommender) -> None:
        """But of the right width."""
        assert model.score([]).shape == (0, ITEMS)

    def test_the_same_seed_gives_the_same_scores(self) -> None:
        """To the last bit, also where several threads share the work."""
        with threadpool_limits(2):
            first, second = (self.fitted(interactions()).score(HISTORIES) for _ in range(2))
        assert np.array_equal(first, second)

    def test_a_fit_forgets_what_was_fitted_before(self, model: Recommender) -> None:
        """A model may be used again."""
        model.fit(interactions(OTHER_DATA), SEED)
        assert np.array_equal(model.score(HISTORIES), self.as_fitted(OTHER_DATA).score(HISTORIES))

    def test_a_fit_leaves_the_data_as_it_was(self) -> None:
        """Other models are fitted on it."""
        train = interactions()
        self.fitted(train)
        assert all(
            np.array_equal(getattr(train, name), getattr(interactions(), name)) for name in ("user", "item", "at")
        )

    def test_asking_changes_nothing(self, model: Recommender) -> None:
        """Neither the model nor the histories."""
        histories = [history.copy() for history in HISTORIES]
        first = model.score(histories)
        model.recommend(histories, 5, exclude_seen=True)
        assert np.array_equal(model.score(histories), first)
        assert all(np.array_equal(one, other) for one, other in zip(histories, HISTORIES, strict=True))

    def test_a_history_is_answered_alike_in_any_company(self, model: Recommender) -> None:
        """Batches are for speed."""
        together = model.score(HISTORIES)
        for row, history in enumerate(HISTORIES):
            np.testing.assert_allclose(model.score([history])[0], together[row], rtol=1e-4, atol=1e-6)

    def test_recommendations_are_the_best_scores_best_first(self, model: Recommender) -> None:
        """What evaluation measures is what users get."""
        scores, best = model.score(HISTORIES), model.recommend(HISTORIES, 6, exclude_seen=False)
        assert best.shape == (len(HISTORIES), 6)
        found = np.take_along_axis(scores, best, axis=1)
        np.testing.assert_array_equal(found, -np.sort(-scores, axis=1)[:, :6])

    def test_seen_items_are_not_recommended_where_that_is_asked_for(self, model: Recommender) -> None:
        """Whatever their scores."""
        for history, best in zip(HISTORIES, model.recommend(HISTORIES, ITEMS, exclude_seen=True), strict=True):
            assert not set(history.tolist()) & set(best.tolist())

    def test_what_is_missing_is_filled_up(self, model: Recommender) -> None:
        """A user who has seen everything, or a k beyond the catalogue."""
        best = model.recommend(HISTORIES, ITEMS + 2, exclude_seen=True)
        for row, history in enumerate(HISTORIES):
            assert (best[row] != NOTHING).sum() == ITEMS - len(set(history.tolist()))
            assert len(set(best[row].tolist()) - {NOTHING}) == (best[row] != NOTHING).sum()

    def test_an_item_that_nobody_touched_is_nobodys_first(self, model: Recommender) -> None:
        """Something was learned."""
        histories = [history for history in interactions().histories() if len(history)]
        assert UNTOUCHED not in model.recommend(histories, 1, exclude_seen=False)

    def test_a_saved_model_answers_as_before(self, model: Recommender, tmp_path: Path) -> None:
        """To the last bit, and it may be saved over."""
        model.save(tmp_path / "model")
        model.save(tmp_path / "model")
        again = load(model.name, tmp_path / "model")
        assert np.array_equal(again.score(HISTORIES), model.score(HISTORIES))

    def test_the_folder_of_another_model_is_refused(self, model: Recommender, tmp_path: Path) -> None:
        """It says what it found."""
        stored.save_knobs(tmp_path, "something else", {})
        with pytest.raises(InvalidInputError, match=f"the model {model.name}, got .*something else"):
            load(model.name, tmp_path)


@cache
def _fitted_once(suite: type[RecommenderSuite], interactions_of: int, seed: int) -> Recommender:
    return suite().fitted(interactions(interactions_of), seed)


class UpdatableSuite(RecommenderSuite):
    """A model that learns from single events, too."""

    def test_it_says_that_it_can(self, model: Recommender) -> None:
        """So that the stream protocol can ask."""
        assert isinstance(model, Updatable)

    def test_updates_amount_to_a_fit_on_all_of_it(self, tmp_path: Path) -> None:
        """Event by event, also across a save and a load, and for users that the fit did not know."""
        whole = interactions()
        early = np.arange(EVENTS) < EVENTS // 2
        unknown = whole.user == 0
        model = self.fitted(whole.select(early & ~unknown))
        for number, (user, item) in enumerate(zip(*_later(whole, early & ~unknown), strict=True)):
            if number == 100:
                model.save(tmp_path)
                model = load(model.name, tmp_path)
            assert isinstance(model, Updatable)
            model.update(user, item)
        order = np.concatenate((np.flatnonzero(early & ~unknown), np.flatnonzero(~(early & ~unknown))))
        all_at_once = Interactions(
            whole.user[order], whole.item[order], np.full(EVENTS, np.nan), whole.users, whole.items
        )
        np.testing.assert_allclose(
            model.score(HISTORIES), self.fitted(all_at_once).score(HISTORIES), rtol=1e-9, atol=1e-12
        )


def _later(whole: Interactions, fitted: np.ndarray) -> tuple[list[int], list[int]]:
    return whole.user[~fitted].tolist(), whole.item[~fitted].tolist()


class SparseSuite(RecommenderSuite):
    """A model that is ranked without a dense row."""

    def test_sparse_scores_are_those_that_are_not_zero(self, model: Recommender) -> None:
        """By ascending item, to the last bit."""
        assert isinstance(model, SparseScores)
        assert model.items == ITEMS
        for row, history in zip(model.score(HISTORIES), HISTORIES, strict=True):
            found = model.scores_of(history)
            assert found.items.tolist() == np.flatnonzero(row).tolist()
            assert np.array_equal(found.scores, row[found.items])


class ServableSuite(RecommenderSuite):
    """A model that is served as a graph."""

    def test_the_served_form_answers_as_the_model(self, model: Recommender, tmp_path: Path) -> None:
        """Up to the rounding of halves: the same best scores, all that are above 0, each because of an item asked."""
        train = interactions()
        check_servable(model)
        assert isinstance(model, Servable)
        exported = export(model, train.items, tmp_path, Origin("set", SEED, Cost(0, 0), 0, {}))
        scorer = OnnxScorer.load(exported.folder, exported.version)
        keys = [item_key(item) for item in train.items]
        for history in filter(len, HISTORIES):
            row = model.score([history])[0]
            tail = [keys[item] for item in newest_first(history).tolist()]
            candidates = scorer.recommend(tail, [], ITEMS)
            given = row[[keys.index(candidate.item) for candidate in candidates]]
            expected = np.sort(row)[::-1][: len(given)]
            np.testing.assert_allclose(given, expected, atol=1e-3 * float(np.abs(row).max(initial=0)))
            served = np.array([candidate.score for candidate in candidates])
            rounding = 1e-5
            if served_as_likelihoods(model):
                served, rounding = np.log(served) + expected[:1], 1e-3
            else:
                assert len(given) == np.count_nonzero(row > 0)
            np.testing.assert_allclose(served, expected, rtol=2e-3, atol=rounding)
            assert {candidate.because for candidate in candidates} <= set(tail)


def served_as_likelihoods(model: Recommender) -> bool:
    """Whether the scores can be negative, so that the graph gives likelihoods relative to the best item."""
    return isinstance(model, Servable) and not model.served(np.arange(ITEMS)).positive
