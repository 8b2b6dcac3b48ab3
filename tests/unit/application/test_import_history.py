"""Import is replay."""

from __future__ import annotations

import pytest

from freshet.adapters.memory import MemoryArchive, MemoryDeadLetters, MemoryFeatureStore
from freshet.application import import_history as module
from freshet.application.import_history import import_history
from freshet.application.project_events import Projected, ProjectEvents
from freshet.domain import user_row
from freshet.domain.events import EventRecord
from freshet.domain.positions import HISTORY_SHARD, Position
from tests.builders import NOW_MS, SHARD, OneView, log, record, subject, views


class Shop:
    """An archive and the views."""

    def __init__(self) -> None:
        self.archive = MemoryArchive()
        self.store = MemoryFeatureStore()
        self.project = ProjectEvents(OneView(self.store), MemoryDeadLetters())

    def imports(self, *records: EventRecord) -> list[Projected]:
        """Import the records, all of them."""
        return list(import_history(records, self.archive, self.store, self.project))

    def applied(self, user: str) -> int:
        """How many of the user's events are in the view."""
        return user_row.unpack(self.store.read_user(subject(user)).data).applied


ANN = record("ann", *views("a", "b"))
BOB = record("bob", *views("c"))


def test_history_is_archived_and_folded_in_order() -> None:
    """Under the history's shard, numbered from 1."""
    shop = Shop()
    (projected,) = shop.imports(ANN, BOB)
    assert projected.applied == 3
    assert [one.position for one in shop.archive.read()] == [Position(HISTORY_SHARD, 1), Position(HISTORY_SHARD, 2)]


def test_a_second_import_follows_the_first() -> None:
    """Its records get the numbers behind those of the first."""
    shop = Shop()
    shop.imports(ANN)
    shop.imports(BOB, record("ann", *views("d")))
    assert [one.position.sequence_number for one in shop.archive.read()] == [1, 2, 3]
    assert shop.applied("ann") == 3


def test_replaying_the_archive_gives_the_same_rows() -> None:
    """The archive holds all that the views were made of."""
    shop = Shop()
    shop.imports(ANN, BOB)
    shop.imports(record("ann", *views("d")))
    again = MemoryFeatureStore()
    ProjectEvents(OneView(again), MemoryDeadLetters())(HISTORY_SHARD, list(shop.archive.read()))
    assert {user: row.data for user, row in again.users.items()} == {
        user: row.data for user, row in shop.store.users.items()
    }


def test_history_comes_before_the_stream() -> None:
    """A user who already has live events is past all history: an import after the fact changes nothing."""
    shop = Shop()
    shop.imports(ANN)
    shop.project(SHARD, log(record("ann", *views("e"))))
    assert shop.applied("ann") == 3
    shop.imports(record("ann", *views("f")))
    assert shop.applied("ann") == 3


def test_records_are_filed_under_the_day_on_which_they_were_recorded() -> None:
    """In UTC."""
    shop = Shop()
    shop.imports(record("ann", *views("a"), recorded_at_ms=NOW_MS - 1), record("bob", *views("c")))
    assert [name.split("/")[0] for name in shop.archive.objects] == ["2026-11-21", "2026-11-22"]


def test_progress_is_told_chunk_by_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was yielded is stored, also if the import ends there."""
    monkeypatch.setattr(module, "CHUNK_RECORDS", 2)
    shop = Shop()
    importing = import_history([ANN, BOB, ANN, BOB, ANN], shop.archive, shop.store, shop.project)
    assert next(importing).applied == 3
    assert len(list(shop.archive.read())) == 2
    del importing
    assert shop.applied("ann") == 2


def test_an_import_of_nothing_does_nothing() -> None:
    """No object, no row."""
    shop = Shop()
    assert shop.imports() == []
    assert not shop.archive.objects
