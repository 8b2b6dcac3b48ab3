"""A small stack in memory whose log can be archived, projected, rebuilt and verified."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from millstream.adapters.memory import MemoryArchive, MemoryDeadLetters, MemoryViews, MemoryWorkspace
from millstream.adapters.memory.log import MemoryEventLog
from millstream.application.collect.archive_events import ArchiveEvents, Arrival
from millstream.application.ports import LogRecord, VersionedRow
from millstream.application.project.project_events import ProjectEvents
from millstream.application.replay.plan import Choices
from millstream.application.replay.progress import silently
from millstream.application.replay.rebuild import Rebuild, Rebuilt
from millstream.application.replay.verify import Verification, Verify
from millstream.domain.keys import Pseudonym
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import HISTORY_SHARD, Position
from millstream.domain.log.records import encode
from millstream.domain.views import user_row
from millstream.domain.views.user_state import UserState
from tests.builders import NOW_MS, POISON, event, record, subject, views

DAY = "2026-11-22"


@dataclass
class ShopInMemory:
    """Events go into the log; the archivist and the projector follow when they are told."""

    log: MemoryEventLog = field(default_factory=lambda: MemoryEventLog(2))
    archive: MemoryArchive = field(default_factory=MemoryArchive)
    views: Any = field(default_factory=MemoryViews)
    letters: MemoryDeadLetters = field(default_factory=MemoryDeadLetters)
    workspace: MemoryWorkspace = field(default_factory=MemoryWorkspace)
    projected: dict[str, int] = field(default_factory=dict)
    archived: dict[str, int] = field(default_factory=dict)
    fold_code: str = "code"

    def __post_init__(self) -> None:
        self.project = ProjectEvents(self.views, self.letters)

    @classmethod
    def open(cls) -> ShopInMemory:
        """A shop in which a few things have happened, all of them archived and projected."""
        shop = cls()
        for user in ("ann", "bob", "cem", "eve"):
            shop.happens(user, *views(f"{user}-1", "lamp", "vase"))
            shop.happens(user, event("lamp", event_id=f"{user} again"), event("lamp", event_id=f"{user} again"))
        shop.put(POISON)
        shop.run()
        return shop

    def happens(self, user: str, *events: Event) -> Position:
        """A record of a user's events enters the log."""
        return self.put(record(user, *events))

    def erase(self, user: str) -> Position:
        """The user wants to be forgotten."""
        return self.happens(user, Event(EventKind.UserErased, f"erase-{user}", None, NOW_MS, None, {}))

    def void(self, position: Position) -> Position:
        """A record counts no longer where it lies."""
        void = Event(EventKind.RecordVoided, f"void-{position}", None, NOW_MS, None, {"position": str(position)})
        return self.put(EventRecord(bytes(16), NOW_MS, (void,)))

    def put(self, content: EventRecord | bytes, key: str = "key") -> Position:
        """Any record enters the log."""
        if isinstance(content, bytes):
            return self.log.append(key, content)
        return self.log.append(content.subject.hex(), encode(content))

    def imports(self, *records: EventRecord, first: int = 1) -> None:
        """History enters the archive."""
        stored = [
            LogRecord(Position(HISTORY_SHARD, number), one.subject.hex(), encode(one))
            for number, one in enumerate(records, first)
        ]
        self.archive.store(stored, DAY)

    def run_projector(self, batch: int = 1000) -> None:
        """Project what is new, parents before children."""
        for shard, records in self._new(self.projected):
            for start in range(0, len(records), batch):
                some = records[start : start + batch]
                assert self.project(shard, some).failed_from is None
                self.projected[shard] = some[-1].position.sequence_number

    def run_archivist(self) -> None:
        """Archive what is new."""
        for shard, records in self._new(self.archived):
            ArchiveEvents(self.archive)([Arrival(record, DAY) for record in records])
            self.archived[shard] = records[-1].position.sequence_number

    def run(self) -> None:
        """Let both follow."""
        self.run_projector()
        self.run_archivist()

    def rebuild(self, partitions: int = 2, accept_loss: int = 0, **options: bool) -> Rebuilt:
        """Fold the log into a new version, which serves then."""
        rebuild = Rebuild(self.views, self.archive, self.log, self.workspace, self.fold_code, lambda: NOW_MS)
        return rebuild(silently, Choices(partitions, accept_loss=accept_loss), **options)

    def verify(self, partitions: int = 2) -> Verification:
        """Compare the serving version with the log."""
        return Verify(self.views, self.archive, self.log, MemoryWorkspace(), lambda: None)(silently, partitions)

    def rows(self) -> dict[Pseudonym, bytes]:
        """The serving users' rows."""
        return {user: row.data for user, row in self.views.stores[self.views.pointer].users.items()}

    def trends(self) -> dict[str, bytes]:
        """The serving trends."""
        return {shard: row.data for shard, row in self.views.stores[self.views.pointer].trends.items()}

    def state(self, user: str) -> UserState:
        """A user's state in the serving version."""
        return user_row.unpack(self.rows()[subject(user)])

    @contextmanager
    def damaged(self, user: str, row: bytes) -> Iterator[None]:
        """A row of the serving version is not what it was."""
        store = self.views.stores[self.views.pointer]
        before = store.users[subject(user)]
        store.users[subject(user)] = VersionedRow(before.version, row)
        yield
        store.users[subject(user)] = before

    def _new(self, reached: dict[str, int]) -> Iterator[tuple[str, list[LogRecord]]]:
        for shard in self.log.shards():
            records = [one for batch in self.log.read_after(shard.name, reached.get(shard.name)) for one in batch]
            if records:
                yield shard.name, records
