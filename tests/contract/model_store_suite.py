"""What every ModelStore must honour."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from millstream.application.ports import ModelStore
from millstream.domain.errors import ConflictError, NotFoundError
from millstream.domain.models.promotions import KEPT_PROMOTIONS, Promotion
from tests.builders import NOW_MS, published

MEASURED = {"leave-one-out": {"ndcg@10": 0.125, "recall@10": 0.25}, "time split": {"ndcg@10": 0.1}}
FIRST = published("covisitation-1", metrics=MEASURED, knobs={"für": ["alle", 0.1, None]}, seed=7)
SECOND = published("covisitation-2", digest="d2" * 32, made_at_ms=NOW_MS + 1, made_from=FIRST.version)
RACERS = 4
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
        assert (store.champion(), list(store.models()), list(store.promotions())) == (None, [], [])

    def test_a_folder_comes_back_as_it_was_published(self, store: ModelStore, folder: Path, tmp_path: Path) -> None:
        """Every file, every byte; below the folder that is asked for; twice, if asked twice."""
        store.publish(FIRST, folder)
        for _ in range(2):
            fetched = store.fetch(FIRST.version, tmp_path / "fetched")
            assert fetched.parent == tmp_path / "fetched"
            assert {
                path.relative_to(fetched).as_posix(): path.read_bytes() for path in fetched.rglob("*") if path.is_file()
            } == FILES

    def test_the_files_of_a_version_are_named(self, store: ModelStore, folder: Path) -> None:
        """None for a version that nobody published."""
        store.publish(FIRST, folder)
        assert set(store.files(FIRST.version)) == set(FILES)
        assert set(store.files("ghost")) == set()

    def test_files_of_a_version_are_stored_again(self, store: ModelStore, folder: Path, tmp_path: Path) -> None:
        """Those that are there are replaced; nothing is restored that nobody published."""
        store.publish(FIRST, folder)
        changed = min(path for path in folder.rglob("*") if path.is_file())
        changed.write_bytes(b"other bytes")
        store.restore(FIRST.version, folder)
        fetched = store.fetch(FIRST.version, tmp_path / "fetched")
        assert (fetched / changed.relative_to(folder)).read_bytes() == b"other bytes"
        with pytest.raises(NotFoundError, match="ghost"):
            store.restore("ghost", folder)

    def test_a_version_that_nobody_published_cannot_be_fetched(self, store: ModelStore, tmp_path: Path) -> None:
        """And leaves nothing behind that looks like one."""
        with pytest.raises(NotFoundError, match="ghost"):
            store.fetch("ghost", tmp_path / "fetched")
        assert not (tmp_path / "fetched" / "ghost").exists()

    def test_all_that_is_stored_is_counted(self, store: ModelStore, folder: Path) -> None:
        """A bar that fills to the end: every byte of every file, and none twice."""
        counted: list[int] = []
        store.publish(FIRST, folder, counted.append)
        assert sum(counted) == sum(map(len, FILES.values()))

    def test_models_are_listed_newest_first(self, store: ModelStore, folder: Path) -> None:
        """With all that was said of them; the pointer to the champion is no model."""
        for model in (FIRST, SECOND):
            store.publish(model, folder)
        store.promote(Promotion(1, FIRST.version, None, NOW_MS))
        assert list(store.models()) == [SECOND, FIRST]

    def test_a_model_is_found_by_its_version(self, store: ModelStore, folder: Path) -> None:
        """As it was published: its card, its signature, its digest, and when that was."""
        for model in (FIRST, SECOND):
            store.publish(model, folder)
        store.promote(Promotion(1, FIRST.version, None, NOW_MS))
        assert store.model(FIRST.version) == FIRST
        for unknown in ("ghost", "@champion", ""):
            with pytest.raises(NotFoundError):
                store.model(unknown)

    def test_a_version_is_never_changed(self, store: ModelStore, folder: Path) -> None:
        """Not even by its own maker."""
        store.publish(FIRST, folder)
        with pytest.raises(ConflictError, match=FIRST.version):
            store.publish(replace(FIRST, digest="digest-2"), folder)
        assert list(store.models()) == [FIRST]

    def test_a_publication_that_was_stopped_is_none_and_can_be_made_again(
        self, store: ModelStore, folder: Path, tmp_path: Path
    ) -> None:
        """Files come first and the registry last: what is registered is whole."""
        graph = tmp_path / "made" / "model.onnx"
        with pytest.raises(FileNotFoundError):
            store.publish(FIRST, folder, lambda _: graph.unlink(missing_ok=True))
        assert list(store.models()) == []
        graph.write_bytes(FILES["model.onnx"])
        store.publish(FIRST, folder)
        fetched = store.fetch(FIRST.version, tmp_path / "fetched")
        assert {path.name for path in fetched.rglob("*") if path.is_file()} == {Path(name).name for name in FILES}

    def test_the_champion_is_the_version_that_was_promoted_last(self, store: ModelStore, folder: Path) -> None:
        """Forth and back, and all of it is remembered, oldest first."""
        for model in (FIRST, SECOND):
            store.publish(model, folder)
        promotions = [
            Promotion(1, FIRST.version, None, NOW_MS),
            Promotion(2, SECOND.version, FIRST.version, NOW_MS + 1),
            Promotion(3, FIRST.version, SECOND.version, NOW_MS + 2, rolled_back=True),
        ]
        for promotion in promotions:
            store.promote(promotion)
            assert store.champion() == promotion.version
        assert list(store.promotions()) == promotions

    def test_the_latest_promotions_are_remembered(self, store: ModelStore, folder: Path) -> None:
        """As many as KEPT_PROMOTIONS, however many there were; their numbers go on."""
        for model in (FIRST, SECOND):
            store.publish(model, folder)
        last = KEPT_PROMOTIONS + 3
        versions = [(FIRST, SECOND)[number % 2].version for number in range(last + 1)]
        for number in range(1, last + 1):
            replaced = versions[number - 1] if number > 1 else None
            store.promote(Promotion(number, versions[number], replaced, NOW_MS + number))
        assert [one.number for one in store.promotions()] == list(range(4, last + 1))
        assert store.champion() == versions[last]

    @pytest.mark.parametrize(("number", "replaced"), [(2, None), (2, SECOND.version), (2, "ghost")])
    def test_a_promotion_against_another_champion_is_a_conflict(
        self, store: ModelStore, folder: Path, number: int, replaced: str | None
    ) -> None:
        """Somebody else promoted in between; the champion stays."""
        for model in (FIRST, SECOND):
            store.publish(model, folder)
        store.promote(Promotion(1, FIRST.version, None, NOW_MS))
        with pytest.raises(ConflictError):
            store.promote(Promotion(number, SECOND.version, replaced, NOW_MS))
        assert store.champion() == FIRST.version

    @pytest.mark.parametrize("number", [1, 2, 3, 5])
    def test_a_promotion_that_missed_others_is_a_conflict(self, store: ModelStore, folder: Path, number: int) -> None:
        """Also where the same model serves again by now: whoever decided saw another history."""
        for model in (FIRST, SECOND):
            store.publish(model, folder)
        versions = [FIRST.version, SECOND.version, FIRST.version]
        for at, (version, replaced) in enumerate(zip(versions, [None, *versions], strict=False), start=1):
            store.promote(Promotion(at, version, replaced, NOW_MS))
        with pytest.raises(ConflictError):
            store.promote(Promotion(number, SECOND.version, FIRST.version, NOW_MS))
        assert len(store.promotions()) == 3

    def test_of_many_promotions_at_once_one_goes_through(self, store: ModelStore, folder: Path) -> None:
        """The others are told, whoever they are."""
        for model in (FIRST, SECOND):
            store.publish(model, folder)
        store.promote(Promotion(1, FIRST.version, None, NOW_MS))
        barrier = threading.Barrier(RACERS)

        def race(at: int) -> bool:
            barrier.wait()
            try:
                store.promote(Promotion(2, SECOND.version, FIRST.version, NOW_MS + at))
            except ConflictError:
                return False
            return True

        with ThreadPoolExecutor(RACERS) as pool:
            assert sum(pool.map(race, range(RACERS))) == 1
        assert [one.number for one in store.promotions()] == [1, 2]

    def test_the_first_promotion_expects_no_champion(self, store: ModelStore, folder: Path) -> None:
        """One that expects some other version was meant for another store."""
        store.publish(FIRST, folder)
        with pytest.raises(ConflictError):
            store.promote(Promotion(1, FIRST.version, SECOND.version, NOW_MS))
        assert (store.champion(), list(store.promotions())) == (None, [])

    def test_a_version_that_nobody_published_cannot_be_promoted(self, store: ModelStore, folder: Path) -> None:
        """And the one that serves goes on."""
        store.publish(FIRST, folder)
        store.promote(Promotion(1, FIRST.version, None, NOW_MS))
        with pytest.raises(NotFoundError, match="ghost"):
            store.promote(Promotion(2, "ghost", FIRST.version, NOW_MS))
        assert store.champion() == FIRST.version
