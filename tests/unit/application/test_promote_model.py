"""A folder becomes a version, a version becomes the champion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from freshet.adapters.memory import MemoryModelStore
from freshet.application.ports import PublishedModel
from freshet.application.promote_model import promote_model, publish_model
from freshet.domain.errors import ConflictError, NotFoundError
from tests.builders import NOW_MS

MODEL = PublishedModel("covisitation-1", "covisitation", NOW_MS, "digest-1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder."""
    path = tmp_path / "made"
    path.mkdir()
    (path / "model.onnx").write_bytes(b"graph")
    return path


@pytest.fixture
def store(tmp_path: Path) -> MemoryModelStore:
    """A model store."""
    return MemoryModelStore(tmp_path / "store")


def test_publishing_the_same_version_again_is_harmless(store: MemoryModelStore, folder: Path) -> None:
    """A version names its bytes."""
    publish_model(store, MODEL, folder)
    publish_model(store, replace(MODEL, created_at_ms=NOW_MS + 1), folder)
    assert store.models() == [MODEL]


def test_another_model_under_the_same_version_is_refused(store: MemoryModelStore, folder: Path) -> None:
    """Else two models would answer to one name."""
    publish_model(store, MODEL, folder)
    with pytest.raises(ConflictError):
        publish_model(store, replace(MODEL, digest="digest-2"), folder)


def test_promoting_tells_who_served_before(store: MemoryModelStore, folder: Path) -> None:
    """So that one can go back to it."""
    publish_model(store, MODEL, folder)
    publish_model(store, replace(MODEL, version="covisitation-2"), folder)
    assert promote_model(store, "covisitation-1") is None
    assert promote_model(store, "covisitation-2") == "covisitation-1"
    assert promote_model(store, "covisitation-2") == "covisitation-2"
    assert store.champion() == "covisitation-2"


def test_a_version_that_nobody_published_cannot_be_promoted(store: MemoryModelStore) -> None:
    """And the one that serves goes on."""
    with pytest.raises(NotFoundError):
        promote_model(store, "covisitation-9")
    assert store.champion() is None
