"""What serves follows the stores, part by part, and a part that is as it was is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import pytest

from millstream.adapters.local.refreshed import refresh_in_background
from millstream.adapters.memory import FixedClock, MemoryCatalogue, MemoryDeadLetters, MemoryModelStore, MemoryViews
from millstream.application.models import promote_model
from millstream.application.ports import Scorer, ViewVersion
from millstream.application.project.project_events import ProjectEvents
from millstream.application.recommend.served import Served, serve
from millstream.domain.errors import InvalidInputError, UnknownFormatError
from millstream.domain.keys import item_key
from millstream.domain.log.positions import shard_name
from millstream.domain.slates.slate import Part
from tests.builders import NOW_MS, SHARD, event, item, log, published, record
from tests.other_code import as_newer_code_writes
from tests.unit.millstream.application.test_recommend import ListScorer

_Value = TypeVar("_Value")


class AtOnce(Generic[_Value]):
    """Renews at each reading; keeps the value, and is behind, when that fails."""

    def __init__(
        self, load: Callable[[_Value | None], _Value], every_ms: int, fallback: Callable[[], _Value] | None = None
    ) -> None:
        assert every_ms > 0
        self._load = load
        self._fallback = fallback
        self._present: list[_Value] = []
        self._is_behind = False

    def __call__(self) -> _Value:
        try:
            self._present[:] = [self._load(self._present[0] if self._present else None)]
            self._is_behind = False
        except Exception:
            if self._fallback is None:
                raise
            self._is_behind = True
            if not self._present:
                self._present[:] = [self._fallback()]
        return self._present[0]

    def behind(self) -> bool:
        return self._is_behind


class Stores:
    """Everything that serving is made of, in memory; `loaded` are the versions whose folder was opened."""

    def __init__(self, folder: Path) -> None:
        self.views = MemoryViews()
        self.catalogue = MemoryCatalogue()
        self.models = MemoryModelStore(folder)
        self.loaded: list[str] = []
        self.errors: list[Exception] = []
        self.broken: set[str] = set()
        self.served: Served = serve(
            self.views, self.catalogue, self.models, self._load, AtOnce, FixedClock(NOW_MS), self.errors.append
        )

    def promote(self, version: str) -> None:
        """Publish a model and let it serve."""
        self.models.publish(published(version), Path("nowhere"))
        promote_model(self.models, FixedClock(NOW_MS), lambda *_: None, version)

    def _load(self, version: str) -> Scorer:
        self.loaded.append(version)
        if version in self.broken:
            raise InvalidInputError(f"{version}/model.data", "a file of a model folder", "no such file")
        return ListScorer(version=version)


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    """Empty ones."""
    return Stores(tmp_path)


def test_empty_stores_serve_nothing_and_fail_nowhere(stores: Stores) -> None:
    """A stack that was just deployed."""
    assert (stores.served.scorer(), list(stores.served.trending())) == (None, [])
    assert not stores.served.catalogue().items


def test_a_promoted_model_is_loaded_once(stores: Stores) -> None:
    """And again only when another is promoted."""
    for version in ("one", "two"):
        stores.promote(version)
        scorers = [stores.served.scorer(), stores.served.scorer()]
        assert [scorer.version for scorer in scorers if scorer] == [version, version]
    assert stores.loaded == ["one", "two"]


def test_what_was_published_is_in_the_catalogue(stores: Stores) -> None:
    """By its key."""
    stores.catalogue.publish([item("lamp")], NOW_MS)
    assert set(stores.served.catalogue().items) == {item_key("lamp")}


def test_the_trend_and_the_rows_are_those_of_the_version_that_serves(stores: Stores) -> None:
    """Also after a switch."""
    ProjectEvents(stores.views, MemoryDeadLetters())(SHARD, log(record("ann", event("lamp"))))
    assert [key for key, _ in stores.served.trending()] == [item_key("lamp")]
    before = stores.served.features()
    assert stores.served.features() is before
    stores.views.begin(ViewVersion(2))
    stores.views.switch(1, 2, {})
    assert (before.view, stores.served.features().view) == (1, 2)
    assert list(stores.served.trending()) == []


def test_a_trend_that_cannot_be_read_is_left_out_and_told_of(stores: Stores) -> None:
    """The other shards' trends serve."""
    project = ProjectEvents(stores.views, MemoryDeadLetters())
    project(SHARD, log(record("ann", event("lamp"))))
    other = shard_name(1)
    project(other, log(record("bob", event("desk")), shard=other))
    store = stores.views.stores[1]
    version, data = store.read_trend(SHARD)
    store.write_trend(SHARD, version, as_newer_code_writes(data))
    assert [key for key, _ in stores.served.trending()] == [item_key("desk")]
    assert [type(error) for error in stores.errors] == [UnknownFormatError]


def test_instead_of_a_champion_that_cannot_be_loaded_an_earlier_one_serves(stores: Stores) -> None:
    """On a new instance, which has no present model; and the answer says so."""
    for version in ("one", "two", "three"):
        stores.promote(version)
    stores.broken = {"two", "three"}
    scorer = stores.served.scorer()
    assert scorer is not None
    assert scorer.version == "one"
    assert list(stores.served.degraded()) == [Part.MODEL]
    stores.broken.clear()
    scorer = stores.served.scorer()
    assert scorer is not None
    assert (scorer.version, list(stores.served.degraded())) == ("three", [])


def test_without_any_model_that_can_be_loaded_the_others_serve(stores: Stores) -> None:
    """Trending and the newest items."""
    stores.promote("one")
    stores.broken = {"one"}
    assert stores.served.scorer() is None
    assert list(stores.served.degraded()) == [Part.MODEL]


def test_a_trend_row_that_cannot_be_read_degrades_the_answers(stores: Stores) -> None:
    """Of one shard."""
    ProjectEvents(stores.views, MemoryDeadLetters())(SHARD, log(record("ann", event("lamp"))))
    store = stores.views.stores[1]
    assert list(stores.served.degraded()) == []
    version, data = store.read_trend(SHARD)
    store.write_trend(SHARD, version, b"garbage" + data)
    assert list(stores.served.degraded()) == [Part.TREND]


def test_a_part_that_no_slate_needed_is_not_degraded(stores: Stores) -> None:
    """A model fills most slates, so that nobody asks for the trend."""
    clock = FixedClock(NOW_MS)
    stores.promote("one")
    renew = refresh_in_background(clock, stores.errors.append)
    served = serve(
        stores.views, stores.catalogue, stores.models, lambda _: ListScorer(), renew, clock, stores.errors.append
    )
    for _ in range(3):
        served.scorer(), served.catalogue(), served.features()
        assert list(served.degraded()) == []
        clock.time_ms += 60_000
        clock.passed_ms += 60_000
    assert not stores.errors
