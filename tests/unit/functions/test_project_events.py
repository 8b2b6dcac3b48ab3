"""A Kinesis batch as Lambda delivers it to the projector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from functions.stream.project_events import app
from millstream.adapters.memory import MemoryDeadLetters, MemoryFeatureStore
from millstream.application.ports import UserWrite, UserWriteReport, VersionedRow
from millstream.application.project.project_events import ProjectEvents
from millstream.domain.errors import UnavailableError
from millstream.domain.views import user_row
from millstream.domain.views.user_state import UserState
from tests.builders import OneView
from tests.other_code import as_newer_code_writes
from tests.unit.functions.lambda_events import CONTEXT, sample

USER = bytes.fromhex("00112233445566778899aabbccddeeff")
LAST = 49664384950321012345678901234567890123456789012345678786


class Views:
    """What is behind the handler."""

    def __init__(self, store: MemoryFeatureStore) -> None:
        self.store = store
        self.letters = MemoryDeadLetters()
        self.project = ProjectEvents(OneView(self.store), self.letters)


@pytest.fixture
def views(monkeypatch: pytest.MonkeyPatch) -> Views:
    """Empty views."""
    views = Views(MemoryFeatureStore())
    monkeypatch.setattr(app, "project_events", lambda: views.project)
    return views


def handle(name: str) -> dict[str, Any]:
    """What the handler answers."""
    return app.handler(sample(f"aws/kinesis/{name}.json"), CONTEXT)


def test_a_batch_is_folded_and_nothing_is_asked_for_again(views: Views) -> None:
    """Sequence numbers of full length, a record of twenty events, a slate that changes nothing."""
    assert handle("batch") == {"batchItemFailures": []}
    state = user_row.unpack(views.store.read_user(USER).data)
    assert (state.applied, state.duplicates) == (21, 0)
    assert state.position == ("shardId-000000000003", LAST + 16)


def test_a_poison_record_is_put_aside_and_its_neighbours_go_through(views: Views) -> None:
    """It is not asked for again: that would block the shard."""
    assert handle("batch_with_poison") == {"batchItemFailures": []}
    assert user_row.unpack(views.store.read_user(USER).data).applied == 2
    (letter,) = views.letters.by_position.values()
    assert (letter.position.sequence_number, letter.data) == (LAST + 16, b"not a record")


class UnavailableStore(MemoryFeatureStore):
    """A store that has no capacity for any row of a user."""

    def write_users(self, writes: Sequence[UserWrite]) -> UserWriteReport:
        """See FeatureStore."""
        return UserWriteReport(unavailable=frozenset(write.user for write in writes))


def test_what_could_not_be_stored_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first record that is missing from a row, by its sequence number as text."""
    views = Views(UnavailableStore())
    monkeypatch.setattr(app, "project_events", lambda: views.project)
    assert handle("batch") == {"batchItemFailures": [{"itemIdentifier": str(LAST)}]}


@pytest.mark.filterwarnings("ignore:No application metrics")
def test_a_batch_of_which_nothing_was_stored_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda delivers it again, and bisects it if need be."""

    def unavailable(*_: object) -> None:
        raise UnavailableError("no table")

    monkeypatch.setattr(app, "project_events", lambda: unavailable)
    with pytest.raises(UnavailableError):
        handle("batch")


def test_a_row_that_cannot_be_read_is_counted_and_named(
    views: Views, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """It stays as it is, and nothing is asked for again."""
    newer = VersionedRow(1, as_newer_code_writes(user_row.pack(UserState())))
    views.store.users[USER] = newer
    assert handle("batch") == {"batchItemFailures": []}
    assert views.store.users[USER] == newer
    assert '"RowsUnreadable":[1.0]' in capsys.readouterr().out.replace(" ", "")
    assert f"user {USER.hex()} is unreadable" in caplog.text
