"""What every ModelStore must honour."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from pathlib import Path

import pytest

from freshet.application.ports import ModelStore, PublishedModel
from freshet.domain.errors import ConflictError, NotFoundError
from tests.builders import NOW_MS

FIRST = PublishedModel("covisitation-1", "covisitation", NOW_MS, "digest-1", {"ndcg@10": 0.125, "recall@10": 0.25})
SECOND = replace(FIRST, version="covisitation-2", created_at_ms=NOW_MS + 1, metrics={})
FILES = {"model.onnx": b"\x08\x07graph", "model.data": bytes(range(256)) * 40, "notes/readme.txt": "für alle".encode()}


class ModelStoreSuite(ABC):
    """Give an empty store; inherit the promises."""

    @pytest.fixture
    @abstractmethod
    def store(self, tmp_path: Path) -> ModelStore:
        """An empty store."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """A model folder as a trainer leaves it."""
        for name, content in FILES.items():
            path = tmp_path / "made" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return tmp_path / "made"

    def test_an_empty_store_has_no_models_and_no_champion(self, store: ModelStore) -> None:
        """A shop before its first training."""
        assert (store.champion(), list(store.models())) == (None, [])

    def test_a_folder_comes_back_as_it_was_published(self, store: ModelStore, folder: Path, tmp_path: Path) -> None:
        """Every file, every byte; below the folder that is asked for; twice, if asked twice."""
        store.publish(FIRST, folder)
        for _ in range(2):
            fetched = store.fetch(FIRST.version, tmp_path / "fetched")
            assert fetched.parent == tmp_path / "fetched"
            assert {
                path.relative_to(fetched).as_posix(): path.read_bytes() for path in fetched.rglob("*") if path.is_file()
            } == FILES

    def test_a_version_that_nobody_published_cannot_be_fetched(self, store: ModelStore, tmp_path: Path) -> None:
        """And leaves nothing behind that looks like one."""
        with pytest.raises(NotFoundError, match="ghost"):
            store.fetch("ghost", tmp_path / "fetched")
        assert not (tmp_path / "fetched" / "ghost").exists()

    def test_models_are_listed_newest_first(self, store: ModelStore, folder: Path) -> None:
        """With all that was said of them; the pointer to the champion is no model."""
        for model in (FIRST, SECOND):
            store.publish(model, folder)
        store.promote(FIRST.version, None)
        assert list(store.models()) == [SECOND, FIRST]

    def test_a_version_is_never_changed(self, store: ModelStore, folder: Path) -> None:
        """Not even by its own maker."""
        store.publish(FIRST, folder)
        with pytest.raises(ConflictError, match=FIRST.version):
            store.publish(replace(FIRST, digest="digest-2"), folder)
        assert list(store.models()) == [FIRST]

    def test_the_champion_is_the_version_that_was_promoted_last(self, store: ModelStore, folder: Path) -> None:
        """Forth and back."""
        for model in (FIRST, SECOND):
            store.publish(model, folder)
        store.promote(FIRST.version, None)
        assert store.champion() == FIRST.version
        store.promote(SECOND.version, FIRST.version)
        store.promote(FIRST.version, SECOND.version)
        assert store.champion() == FIRST.version

    @pytest.mark.parametrize("expected", [None, SECOND.version, "ghost"])
    def test_a_promotion_against_another_champion_is_a_conflict(
        self, store: ModelStore, folder: Path, expected: str | None
    ) -> None:
        """Somebody else promoted in between; the champion stays."""
        for model in (FIRST, SECOND):
            store.publish(model, folder)
        store.promote(FIRST.version, None)
        with pytest.raises(ConflictError):
            store.promote(SECOND.version, expected)
        assert store.champion() == FIRST.version

    def test_the_first_promotion_expects_no_champion(self, store: ModelStore, folder: Path) -> None:
        """One that expects some other version was meant for another store."""
        store.publish(FIRST, folder)
        with pytest.raises(ConflictError):
            store.promote(FIRST.version, SECOND.version)
        assert store.champion() is None

    def test_a_version_that_nobody_published_cannot_be_promoted(self, store: ModelStore, folder: Path) -> None:
        """And the one that serves goes on."""
        store.publish(FIRST, folder)
        store.promote(FIRST.version, None)
        with pytest.raises(NotFoundError, match="ghost"):
            store.promote("ghost", FIRST.version)
        assert store.champion() == FIRST.version
