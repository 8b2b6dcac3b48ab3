"""A folder becomes a version, a version becomes the champion, and the one before it serves again."""

from __future__ import annotations

from pathlib import Path

import pytest

from millstream.adapters.memory import FixedClock, MemoryModelStore
from millstream.application.models import promote_model, publish_model, roll_back_model
from millstream.application.ports import ModelStore
from millstream.domain.errors import ConflictError, InvalidRecordError, NotFoundError
from millstream.domain.models.promotions import KEPT_PROMOTIONS, Promotion
from tests.builders import NOW_MS, published

ONE, TWO, THREE = (published(f"covisitation-{number}", digest=f"digest-{number}") for number in (1, 2, 3))
CLOCK = FixedClock(NOW_MS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder."""
    path = tmp_path / "made"
    path.mkdir()
    (path / "model.onnx").write_bytes(b"graph")
    return path


@pytest.fixture
def store(tmp_path: Path, folder: Path) -> MemoryModelStore:
    """A model store with three models, none of which serves."""
    store = MemoryModelStore(tmp_path / "store")
    for model in (ONE, TWO, THREE):
        assert publish_model(store, model, folder, trusted).fresh
    return store


def trusted(store: ModelStore, version: str) -> None:
    """Check nothing: what is stored here are no models."""


def broken(store: ModelStore, version: str) -> None:
    """Find that the model cannot serve."""
    raise InvalidRecordError(f"stored model {version}", "a complete model folder", "no model.data")


def test_a_model_whose_stored_folder_is_broken_is_not_promoted_and_not_returned_to(store: ModelStore) -> None:
    """What serves goes on."""
    for model in (ONE, TWO):
        promote_model(store, CLOCK, trusted, model.version)
    with pytest.raises(InvalidRecordError, match="stored model covisitation-1"):
        promote_model(store, CLOCK, broken, ONE.version)
    with pytest.raises(InvalidRecordError, match="stored model covisitation-1"):
        roll_back_model(store, CLOCK, broken)
    assert store.champion() == TWO.version


def test_publishing_the_same_model_again_changes_nothing(store: MemoryModelStore, folder: Path) -> None:
    """A version names its bytes; what was said of it first stays, and that it was there is told."""
    again = published(ONE.version, digest=ONE.digest, made_at_ms=NOW_MS + 1, metrics={"split": {"HR@10": 1.0}})
    assert publish_model(store, again, folder, trusted) == (ONE, False, False)
    assert store.model(ONE.version) == ONE


def test_another_model_under_the_same_version_is_refused(store: MemoryModelStore, folder: Path) -> None:
    """Else two models would answer to one name."""
    with pytest.raises(ConflictError, match="digest-1.*digest-9"):
        publish_model(store, published(ONE.version, digest="digest-9"), folder, trusted)


def test_promoting_tells_who_served_before(store: MemoryModelStore) -> None:
    """And when it happened, by our clock."""
    clock = FixedClock(NOW_MS)
    assert promote_model(store, clock, trusted, ONE.version) == Promotion(1, ONE.version, None, NOW_MS)
    clock.time_ms += 5
    assert promote_model(store, clock, trusted, TWO.version) == Promotion(2, TWO.version, ONE.version, NOW_MS + 5)
    assert store.champion() == TWO.version


def test_promoting_the_champion_changes_nothing(store: MemoryModelStore) -> None:
    """Said twice, done once: a rollback goes to the model before, not to the same one."""
    promote_model(store, CLOCK, trusted, ONE.version)
    assert promote_model(store, CLOCK, trusted, ONE.version) is None
    assert len(store.promotions()) == 1


def test_a_version_that_nobody_published_cannot_be_promoted(store: MemoryModelStore) -> None:
    """And the one that serves goes on."""
    promote_model(store, CLOCK, trusted, ONE.version)
    with pytest.raises(NotFoundError, match="covisitation-9 was never published"):
        promote_model(store, CLOCK, trusted, "covisitation-9")
    assert store.champion() == ONE.version


def test_a_rollback_returns_to_the_model_before(store: MemoryModelStore) -> None:
    """It is remembered as what it was."""
    for model in (ONE, TWO):
        promote_model(store, CLOCK, trusted, model.version)
    assert roll_back_model(store, CLOCK, trusted) == Promotion(3, ONE.version, TWO.version, NOW_MS, rolled_back=True)
    assert store.champion() == ONE.version


def test_one_rollback_after_the_other_goes_further_back(store: MemoryModelStore) -> None:
    """Never to a model that somebody went back from, and not behind the first one."""
    for model in (ONE, TWO, THREE):
        promote_model(store, CLOCK, trusted, model.version)
    assert [roll_back_model(store, CLOCK, trusted).version for _ in range(2)] == [TWO.version, ONE.version]
    with pytest.raises(NotFoundError, match="covisitation-1"):
        roll_back_model(store, CLOCK, trusted)
    assert store.champion() == ONE.version


def test_after_a_rollback_a_promotion_begins_anew(store: MemoryModelStore) -> None:
    """What was promoted after a rollback is taken back to what served after the rollback."""
    for version in (ONE.version, TWO.version):
        promote_model(store, CLOCK, trusted, version)
    roll_back_model(store, CLOCK, trusted)
    promote_model(store, CLOCK, trusted, THREE.version)
    assert roll_back_model(store, CLOCK, trusted).version == ONE.version
    with pytest.raises(NotFoundError):
        roll_back_model(store, CLOCK, trusted)


def test_where_nothing_serves_nothing_can_be_rolled_back(store: MemoryModelStore) -> None:
    """The error says so."""
    with pytest.raises(NotFoundError, match="no model serves"):
        roll_back_model(store, CLOCK, trusted)


def test_one_cannot_go_back_further_than_is_remembered(store: MemoryModelStore) -> None:
    """A store remembers the latest promotions; behind them a rollback ends and changes nothing."""
    for number in range(KEPT_PROMOTIONS + 5):
        promote_model(store, CLOCK, trusted, (ONE, TWO)[number % 2].version)
    # Each rollback is remembered too, in place of the oldest promotion.
    for _ in range(KEPT_PROMOTIONS // 2):
        roll_back_model(store, CLOCK, trusted)
    with pytest.raises(NotFoundError):
        roll_back_model(store, CLOCK, trusted)


class Overtaken(MemoryModelStore):
    """A store on which somebody else promotes a model, just before this promotion arrives."""

    overtaking = True

    def promote(self, promotion: Promotion) -> None:
        """Another one is first."""
        if self.overtaking:
            self.overtaking = False
            promote_model(self, CLOCK, trusted, THREE.version)
        super().promote(promotion)


def test_of_two_at_once_one_is_told_that_the_other_was_first(tmp_path: Path, folder: Path) -> None:
    """Whoever is second decided about a champion that serves no longer."""
    store = Overtaken(tmp_path / "store")
    for model in (ONE, TWO, THREE):
        publish_model(store, model, folder, trusted)
    with pytest.raises(ConflictError, match="no longer serves"):
        promote_model(store, CLOCK, trusted, TWO.version)
    assert [one.version for one in store.promotions()] == [THREE.version]
