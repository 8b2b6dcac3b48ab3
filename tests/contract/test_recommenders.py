from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np

from millstream.learning.evaluation.ranking import SparseScores
from millstream.learning.families.contract import Recommender, Updatable
from millstream_tools.lab.models.families import ALL, create
from tests.contract.recommender_suite import (
    ITEMS,
    RecommenderSuite,
    ServableSuite,
    SparseSuite,
    UpdatableSuite,
    interactions,
)
from tests.contract.resumable_suite import ResumableSuite

TEXTS = {
    "format": "table",
    "path": str(Path(__file__).with_name("made_up_texts.csv")),
    "fields": ["title", "kind"],
    "encoder": "hashed-words",
}


class TestPopularity(UpdatableSuite, ServableSuite):
    def create(self) -> Recommender:
        return create("popularity", {})


class TestSegments(ServableSuite):
    def create(self) -> Recommender:
        return create("segments", {"smoothing": 20.0, "least_users": 2})


class TestDecayedPopularity(UpdatableSuite):
    def create(self) -> Recommender:
        return create("decayed_popularity", {"half_life_events": 100})


class TestItemKnn(SparseSuite, ServableSuite):
    def create(self) -> Recommender:
        return create("item_knn", {"neighbours": 5, "shrink": 2.0, "decay": 0.9})


class TestCovisitation(UpdatableSuite, SparseSuite, ServableSuite):
    def create(self) -> Recommender:
        return create("covisitation", {"reach": 4, "last": 3, "backward": 0.5})


class TestCovisitationByTime(SparseSuite, ServableSuite):
    def create(self) -> Recommender:
        return create("covisitation", {"gap_half_life_s": 100.0, "half_life_days": 0.01, "consumed_weight": 2.0})


class TestOwnItems(UpdatableSuite, SparseSuite, ServableSuite):
    def create(self) -> Recommender:
        return create("own_items", {"last": 4, "decay": 0.9, "newest": 0.5})


class TestSessionKnn(SparseSuite, ServableSuite):
    def create(self) -> Recommender:
        return create("session_knn", {"neighbours": 9, "session_items": 6, "item_sessions": 8, "user_sessions": 3})


class TestUserKnn(SparseSuite, ServableSuite):
    def create(self) -> Recommender:
        return create("session_knn", {"of": "user", "half_life_days": 0.01, "asked_idf": 0.0, "spread": 1.0})


class TestEase(SparseSuite, ServableSuite):
    def create(self) -> Recommender:
        return create("ease", {"regularization": 20.0})


class TestRecencyEase(SparseSuite, ServableSuite):
    def create(self) -> Recommender:
        return create("ease", {"regularization": 20.0, "last": 3, "decay": 0.8})


class TestIals(ServableSuite):
    def create(self) -> Recommender:
        return create("ials", {"factors": 8, "alpha": 2.0})


class TestBpr(RecommenderSuite):
    def create(self) -> Recommender:
        return create("bpr", {"factors": 8, "iterations": 50, "learning_rate": 0.05})


class _Autoencoder(RecommenderSuite):
    knobs: ClassVar[Mapping[str, object]]

    def create(self) -> Recommender:
        small = {"latent": 8, "epochs": 20, "batch": 16, "learning_rate": 0.01}
        return create("autoencoder", {**small, **self.knobs})


class TestVae(_Autoencoder):
    knobs: ClassVar[Mapping[str, object]] = {"kind": "vae", "hidden": 16}


class TestDae(_Autoencoder):
    knobs: ClassVar[Mapping[str, object]] = {"kind": "dae", "hidden": 0}


class TestAutoencoderOfWhatComesNext(_Autoencoder):
    knobs: ClassVar[Mapping[str, object]] = {"kind": "vae", "hidden": 16, "ahead": 3, "last": 5, "decay": 0.8}


class TestLightGcn(RecommenderSuite):
    def create(self) -> Recommender:
        return create("lightgcn", {"factors": 8, "layers": 2, "epochs": 20, "batch": 128, "last": 5, "decay": 0.9})


class _Sequence(ResumableSuite):
    block: str

    def create(self) -> Recommender:
        small = {"width": 16, "window": 12, "epochs": 1, "batch": 8, "learning_rate": 0.01}
        return create("sequence", {"block": self.block, **small})


class TestSasrec(_Sequence):
    block = "sasrec"


class TestLigr(_Sequence):
    block = "ligr"


class TestHstu(_Sequence):
    block = "hstu"


class TestGru(_Sequence):
    block = "gru"


class TestBlend(SparseSuite, ServableSuite):
    def create(self) -> Recommender:
        parts = [{"family": "covisitation", "weight": 1.0}, {"family": "ease", "weight": 0.3, "knobs": {"last": 20}}]
        return create("blend", {"parts": parts})


class TestBlendOfUpdatable(UpdatableSuite):
    def create(self) -> Recommender:
        parts = [{"family": "covisitation", "weight": 1.0}, {"family": "decayed_popularity", "weight": 1e-3}]
        return create("blend", {"parts": parts})


class TestBlendWithOwnItems(UpdatableSuite, SparseSuite, ServableSuite):
    def create(self) -> Recommender:
        parts = [{"family": "covisitation", "weight": 1.0}, {"family": "own_items", "weight": 0.01}]
        return create("blend", {"parts": parts})


class TestScaledBlend(SparseSuite, ServableSuite):
    def create(self) -> Recommender:
        parts = [{"family": "covisitation", "weight": 1.0}, {"family": "own_items", "weight": 0.5}]
        return create("blend", {"parts": parts, "scaled": True})


class TestScaledBlendOfLogarithms(ServableSuite):
    def create(self) -> Recommender:
        parts = [
            {"family": "covisitation", "weight": 1.0, "logarithm": 0.01},
            {"family": "ials", "weight": 0.5},
            {"family": "popularity", "weight": 0.3, "logarithm": 0.01},
        ]
        return create("blend", {"parts": parts, "scaled": True})


class TestContent(RecommenderSuite):
    def create(self) -> Recommender:
        return create("content", {"texts": TEXTS, "last": 5, "decay": 0.8})


class TestHybrid(RecommenderSuite):
    def create(self) -> Recommender:
        base = {"family": "covisitation", "knobs": {"reach": 4}}
        return create("hybrid", {"base": base, "texts": TEXTS, "fewer_than": 5})


class TestHybridThatReadsAllFromTheText(RecommenderSuite):
    def create(self) -> Recommender:
        return create("hybrid", {"base": {"family": "ease"}, "texts": TEXTS, "fewer_than": None})


class TestHybridWithASequenceModel(ResumableSuite):
    def create(self) -> Recommender:
        small = {"width": 16, "window": 12, "epochs": 1, "batch": 8, "learning_rate": 0.01}
        return create("hybrid", {"base": {"family": "sequence", "knobs": small}, "texts": TEXTS, "fewer_than": 5})


class TestRandom(RecommenderSuite):
    def create(self) -> Recommender:
        return create("random", {})

    def test_an_item_that_nobody_touched_is_nobodys_first(self, model: Recommender) -> None:
        """It may be: nothing was learned. But not everybody's."""
        histories = [history for history in interactions().histories() if len(history)]
        assert len(np.unique(model.recommend(histories, 1, exclude_seen=False))) > ITEMS / 2


def test_a_blend_learns_from_single_events_only_if_all_its_parts_do() -> None:
    """Half of it would not be what a fit gives."""
    parts = [{"family": "covisitation", "weight": 1.0}, {"family": "ease", "weight": 1.0}]
    assert not isinstance(create("blend", {"parts": parts}), Updatable)


def test_every_family_is_held_to_the_contract() -> None:
    """A family without a class above fails here."""
    suites = [kind for name, kind in globals().items() if name.startswith("Test")]
    assert {suite().create().name for suite in suites} == set(ALL.names)
    for suite in suites:
        assert isinstance(suite().create(), Updatable) == issubclass(suite, UpdatableSuite)
        assert isinstance(suite().create(), SparseScores) == issubclass(suite, SparseSuite)
