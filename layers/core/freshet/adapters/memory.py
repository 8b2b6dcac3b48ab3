"""Every port in memory: for a test, for a notebook, for a shop small enough. Same contracts, same refusals."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from itertools import count
from pathlib import Path

from freshet.adapters.memory_log import MemoryEventLog as MemoryEventLog
from freshet.application.archived_objects import ArchivedObject, merged, sliced
from freshet.application.ports import (
    NO_ROW,
    SLICE_BYTES,
    ArchiveSlice,
    BatchLetter,
    CatalogueChange,
    Clock,
    DeadLetter,
    HeldLetter,
    LogRecord,
    PublishedModel,
    StrangeLetter,
    UserWrite,
    UserWriteReport,
    VersionedRow,
)
from freshet.domain.catalogue import Item
from freshet.domain.errors import ConflictError, KeyCollisionError, NotFoundError
from freshet.domain.keys import ItemKey, Pseudonym
from freshet.domain.positions import Position


class MemoryFeatureStore:
    """A FeatureStore."""

    def __init__(self) -> None:
        self.users: dict[Pseudonym, VersionedRow] = {}
        self.trends: dict[str, VersionedRow] = {}

    def read_user(self, user: Pseudonym) -> VersionedRow:
        """See FeatureStore."""
        return self.users.get(user, NO_ROW)

    def read_users(self, users: Collection[Pseudonym]) -> dict[Pseudonym, VersionedRow]:
        """See FeatureStore."""
        return {user: self.users[user] for user in users if user in self.users}

    def write_users(self, writes: Sequence[UserWrite]) -> UserWriteReport:
        """See FeatureStore."""
        stale = frozenset(w.user for w in writes if self.read_user(w.user).version != w.expected_version)
        self.users.update({w.user: VersionedRow(w.expected_version + 1, w.data) for w in writes if w.user not in stale})
        return UserWriteReport(stale=stale)

    def read_trend(self, shard: str) -> VersionedRow:
        """See FeatureStore."""
        return self.trends.get(shard, NO_ROW)

    def read_trends(self) -> dict[str, VersionedRow]:
        """See FeatureStore."""
        return dict(self.trends)

    def write_trend(self, shard: str, expected_version: int, data: bytes) -> None:
        """See FeatureStore."""
        if self.read_trend(shard).version != expected_version:
            raise ConflictError(f"the trend of {shard} is no longer at version {expected_version}")
        self.trends[shard] = VersionedRow(expected_version + 1, data)


class MemoryArchive:
    """An Archive."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[LogRecord, ...]] = {}

    def store(self, records: Sequence[LogRecord], day: str) -> str:
        """See Archive."""
        first, last = records[0].position, records[-1].position
        name = f"{day}/{first.shard}/{first.sequence_number}-{last.sequence_number}"
        self.objects[name] = tuple(records)
        return name

    def slices(self, most_bytes: int = SLICE_BYTES) -> Sequence[ArchiveSlice]:
        """See Archive; as many bytes as the records' data has are stored."""
        return list(sliced(map(self._listed, self.objects), most_bytes))

    def read_slice(self, slice_: ArchiveSlice) -> Iterator[LogRecord]:
        """See Archive."""
        return merged(map(self._listed, slice_.names), lambda one: iter(self.objects[one.name]))

    def read(self) -> Iterator[LogRecord]:
        """See Archive."""
        return chain.from_iterable(map(self.read_slice, self.slices()))

    def _listed(self, name: str) -> ArchivedObject:
        records = self.objects[name]
        (shard, first), (_, last) = records[0].position, records[-1].position
        stored_bytes = sum(len(record.data) for record in records)
        return ArchivedObject(name.split("/", maxsplit=1)[0], shard, first, last, name, stored_bytes)


class MemoryDeadLetters:
    """DeadLetters."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or FixedClock(0)
        self._numbers = count(1)
        self.held: dict[str, HeldLetter] = {}

    @property
    def by_position(self) -> dict[Position, DeadLetter]:
        """The records that cannot be folded, each once."""
        letters = (held.letter for held in self.held.values())
        return {letter.position: letter for letter in letters if isinstance(letter, DeadLetter)}

    def send(self, letter: DeadLetter) -> None:
        """See DeadLetters."""
        self.keep(letter)

    def keep(self, letter: DeadLetter | BatchLetter | StrangeLetter) -> None:
        """What lies there without our sending it: Lambda's letters, and messages of anybody's."""
        handle = str(next(self._numbers))
        self.held[handle] = HeldLetter(letter, self._clock.now_ms(), handle)

    def letters(self) -> Iterator[HeldLetter]:
        """See DeadLetters."""
        yield from list(self.held.values())

    def remove(self, handle: str) -> None:
        """See DeadLetters."""
        self.held.pop(handle, None)


class MemoryCatalogue:
    """A Catalogue."""

    def __init__(self) -> None:
        self.changes: dict[str, CatalogueChange] = {}

    def refuse_collisions(self, items: Sequence[Item]) -> None:
        """See Catalogue."""
        owners: dict[ItemKey, str] = {change.item.key: change.item.item_id for change in self.changes.values()}
        for item in items:
            if owners.setdefault(item.key, item.item_id) != item.item_id:
                raise KeyCollisionError(item.item_id, owners[item.key])

    def publish(self, items: Sequence[Item], changed_at_ms: int) -> None:
        """See Catalogue."""
        self.refuse_collisions(items)
        self.changes.update({item.item_id: CatalogueChange(item, changed_at_ms) for item in items})

    def get(self, item_id: str) -> Item | None:
        """See Catalogue."""
        change = self.changes.get(item_id)
        return change.item if change else None

    def changed_since(self, changed_at_ms: int) -> Iterable[CatalogueChange]:
        """See Catalogue."""
        return [change for change in self.changes.values() if change.changed_at_ms >= changed_at_ms]


class MemoryModelStore:
    """A ModelStore; the folders stay where they are, in the folder that it is given."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.registered: dict[str, PublishedModel] = {}
        self.serving: str | None = None

    def publish(self, model: PublishedModel, folder: Path) -> None:
        """See ModelStore."""
        if model.version in self.registered:
            raise ConflictError(f"model {model.version} is already published")
        shutil.copytree(folder, self.root / model.version)
        self.registered[model.version] = model

    def champion(self) -> str | None:
        """See ModelStore."""
        return self.serving

    def promote(self, version: str, expected: str | None) -> None:
        """See ModelStore."""
        if version not in self.registered:
            raise NotFoundError(f"model {version} was never published")
        if self.serving != expected:
            raise ConflictError(f"{self.serving} serves, not {expected}")
        self.serving = version

    def models(self) -> Sequence[PublishedModel]:
        """See ModelStore."""
        return sorted(self.registered.values(), key=lambda model: -model.created_at_ms)

    def fetch(self, version: str, into: Path) -> Path:
        """See ModelStore."""
        if version not in self.registered:
            raise NotFoundError(f"model {version} was never published")
        return Path(shutil.copytree(self.root / version, into / version, dirs_exist_ok=True))


class FixedClock:
    """A Clock that moves only when it is told to."""

    def __init__(self, now_ms: int) -> None:
        self.time_ms = now_ms

    def now_ms(self) -> int:
        """See Clock."""
        return self.time_ms
