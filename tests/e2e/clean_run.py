"""The yardstick: what one clean, in-memory run over the same log leaves, and what is in the cloud's tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from millstream.adapters.aws.dynamo_views import DynamoViews
from millstream.adapters.memory import MemoryDeadLetters, MemoryFeatureStore
from millstream.application.ports import DeadLetter, LogRecord, VersionedRow
from millstream.application.project.project_events import ProjectEvents
from millstream.domain.keys import Pseudonym
from millstream.domain.log.positions import Position
from millstream.domain.views import user_row
from millstream_tools.cloud.local.cloud import Cloud
from tests.builders import OneView
from tests.e2e.stack import Stack


@dataclass(frozen=True)
class Views:
    """The rows of both tables, with their versions."""

    users: Mapping[Pseudonym, VersionedRow]
    trends: Mapping[str, VersionedRow]


def clean_run(shards: Iterable[Sequence[LogRecord]]) -> tuple[Views, dict[Position, DeadLetter]]:
    """Fold each shard's log once, in one batch, with nothing in the way."""
    store, letters = MemoryFeatureStore(), MemoryDeadLetters()
    for records in shards:
        if records:
            ProjectEvents(OneView(store), letters)(records[0].position.shard, records)
    return Views(store.users, store.trends), letters.by_position


def views_of(cloud: Cloud, users_table: str = "", items_table: str = "") -> Views:
    """Every row of the version that serves in the cloud's tables, or in others of the same shape."""
    outputs = cloud.deployment.outputs
    views = DynamoViews(
        cloud.client("dynamodb"), users_table or outputs["UsersTable"], items_table or outputs["ItemsTable"]
    )
    store = views.store(views.serving())
    return Views(dict(store.all_users()), store.read_trends())


def assert_same_rows(views: Views, clean: Views) -> None:
    """Raises AssertionError unless both have the same rows, byte by byte."""
    _assert_same("user", views.users, clean.users)
    _assert_same("trend", views.trends, clean.trends)


def assert_exactly_once(stack: Stack) -> None:
    """The law, for everything that the session has put into the log so far: the rows of a clean run, and no event lost.

    To be called when the stream is drained.
    """
    clean, dead = clean_run([[entry.record for entry in entries] for entries in stack.stream.entries().values()])
    views = views_of(stack.cloud)
    assert_same_rows(views, clean)
    letters = stack.dead_letters()
    assert {letter.get("position") for letter in letters} == {str(position) for position in dead}
    states = [user_row.unpack(row.data) for row in views.users.values()]
    applied, duplicates = sum(state.applied for state in states), sum(state.duplicates for state in states)
    assert stack.entered == applied + duplicates + len(dead), "accepted = applied + duplicates + dead letters"


def _assert_same(what: str, rows: Mapping[Any, VersionedRow], expected: Mapping[Any, VersionedRow]) -> None:
    """Bytes are compared, and not versions: those count writes, and may depend on how the log was delivered."""
    assert rows.keys() == expected.keys(), f"there are {len(rows)} {what} rows, expected {len(expected)}"
    differing = [key for key, row in rows.items() if row.data != expected[key].data]
    assert not differing, f"{len(differing)} of {len(rows)} {what} rows differ from a clean run"
