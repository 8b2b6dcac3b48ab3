"""What is stored of a model is checked before it serves, and loaded by way of a small local folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from millstream.adapters.memory import MemoryModelStore
from millstream.application.models import publish_model
from millstream.domain.errors import InvalidRecordError, NotFoundError
from millstream.domain.keys import item_key
from millstream.scoring import model_folder
from millstream.scoring.publishable import publishable
from millstream.scoring.stored_models import KEPT_FOLDERS, check_stored, load_stored
from tests.builders import NOW_MS
from tests.unit.millstream.learning.histories import exported, log_of


class Registry:
    """A model store on disk, and one that loads from it."""

    def __init__(self, folder: Path) -> None:
        self.stored = folder / "stored"
        self.models = MemoryModelStore(self.stored)
        self.cache = folder / "cache"
        self.made = folder

    def publish(self, items: str) -> str:
        """Publish a model of users who looked at these items; its version."""
        folder = exported(log_of({f"user {n}": list(items) for n in range(5)}), self.made / f"of-{items}").folder
        model = publishable(folder, NOW_MS)
        publish_model(self.models, model, folder, check_stored)
        return model.version

    def follows(self, version: str, item: str) -> list[bytes]:
        """What the loaded model says follows an item."""
        return [
            candidate.item for candidate in load_stored(self.models, version, self.cache).similar(item_key(item), 5)
        ]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """An empty one."""
    return Registry(tmp_path)


def test_a_stored_model_that_answers_may_serve(registry: Registry) -> None:
    """And one that was never published is named."""
    check_stored(registry.models, registry.publish("ab"))
    with pytest.raises(NotFoundError, match="ghost"):
        check_stored(registry.models, "ghost")


@pytest.mark.parametrize("name", [*model_folder.DECISIVE, model_folder.SUMS, model_folder.CARD])
def test_a_stored_model_without_one_of_its_files_may_not_serve(registry: Registry, name: str) -> None:
    """The file is named, and it is not the caller's fault."""
    version = registry.publish("ab")
    (registry.stored / version / name).unlink()
    with pytest.raises(InvalidRecordError, match=name):
        check_stored(registry.models, version)


def test_a_stored_model_that_is_gone_may_not_serve(registry: Registry) -> None:
    """It was published, so this is not a question of its name."""
    version = registry.publish("ab")
    shutil.rmtree(registry.stored / version)
    for fails in (lambda: check_stored(registry.models, version), lambda: registry.follows(version, "a")):
        with pytest.raises(InvalidRecordError, match=version):
            fails()


def test_a_damaged_local_folder_is_fetched_again(registry: Registry) -> None:
    """A reader would otherwise fail until its machine is replaced."""
    version = registry.publish("ab")
    assert registry.follows(version, "a") == [item_key("b")]
    (registry.cache / version / model_folder.MATRICES).write_bytes(b"")
    assert registry.follows(version, "a") == [item_key("b")]


def test_a_damaged_stored_model_is_not_kept(registry: Registry) -> None:
    """When its stored folder is repaired, it loads."""
    version = registry.publish("ab")
    path = registry.stored / version / model_folder.MATRICES
    whole = path.read_bytes()
    path.write_bytes(b"")
    with pytest.raises(InvalidRecordError, match=model_folder.MATRICES):
        registry.follows(version, "a")
    path.write_bytes(whole)
    assert registry.follows(version, "a") == [item_key("b")]


def test_the_local_folder_keeps_the_latest_models(registry: Registry) -> None:
    """A function has 512 MB of disk, and a model is promoted every night."""
    versions = [registry.publish(items) for items in ("ab", "abc", "abcd", "abcde")]
    for version in versions:
        registry.follows(version, "a")
    registry.follows(versions[-2], "a")
    assert {folder.name for folder in registry.cache.iterdir()} == set(versions[-KEPT_FOLDERS:])


def test_publishing_a_damaged_model_again_restores_it(registry: Registry) -> None:
    """One that is whole stays as it is."""
    version = registry.publish("ab")
    folder = registry.made / "of-ab"
    model = publishable(folder, NOW_MS)
    assert not publish_model(registry.models, model, folder, check_stored).restored
    (registry.stored / version / model_folder.MATRICES).unlink()
    assert publish_model(registry.models, model, folder, check_stored).restored
    assert registry.follows(version, "a") == [item_key("b")]
