"""Every port in memory: for a test, for a notebook, for a shop small enough. Same contracts, same refusals."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from typing import Any

from freshet.adapters.memory_log import MemoryEventLog  # noqa: F401  # every port is to be found here
from freshet.application.archived_objects import ArchivedObject, merged, sliced
from freshet.application.ports import (
    FIRST_VIEW,
    NO_ROW,
    ONCE,
    SLICE_BYTES,
    UNHURRIED,
    ArchiveSlice,
    BatchLetter,
    Budget,
    CatalogueChange,
    Clock,
    DeadLetter,
    FeatureStore,
    HeldLetter,
    LogRecord,
    PublishedModel,
    StrangeLetter,
    UserWrite,
    UserWriteReport,
    VersionedRow,
    ViewVersion,
)
from freshet.domain.catalogue import Item
from freshet.domain.errors import ConflictError, KeyCollisionError, NotFoundError, ViewClosedError
from freshet.domain.keys import ItemKey, Pseudonym
from freshet.domain.positions import Position


class MemoryFeatureStore:
    """A FeatureStore: one version of the views."""

    def __init__(self, view: int = FIRST_VIEW.number) -> None:
        self.view = view
        self.users: dict[Pseudonym, VersionedRow] = {}
        self.trends: dict[str, VersionedRow] = {}
        self.closed: set[str] = set()

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

    def all_users(self, segment: int = 0, segments: int = 1) -> Iterator[tuple[Pseudonym, VersionedRow]]:
        """See FeatureStore."""
        return iter([(user, row) for user, row in self.users.items() if user[-1] % segments == segment])

    def read_trend(self, shard: str) -> VersionedRow:
        """See FeatureStore."""
        self._refuse_if_closed(shard)
        return self.trends.get(shard, NO_ROW)

    def read_trends(self) -> dict[str, VersionedRow]:
        """See FeatureStore."""
        return dict(self.trends)

    def write_trend(self, shard: str, expected_version: int, data: bytes) -> None:
        """See FeatureStore."""
        self._refuse_if_closed(shard)
        if self.trends.get(shard, NO_ROW).version != expected_version:
            raise ConflictError(f"the trend of {shard} is no longer at version {expected_version}")
        self.trends[shard] = VersionedRow(expected_version + 1, data)

    def _refuse_if_closed(self, shard: str) -> None:
        if shard in self.closed:
            raise ViewClosedError(f"view {self.view} takes no more events of {shard}")


class MemoryViews:
    """Views."""

    def __init__(self, store: MemoryFeatureStore | None = None) -> None:
        first = store or MemoryFeatureStore()
        self.stores: dict[int, MemoryFeatureStore] = {first.view: first}
        self.about: dict[int, ViewVersion] = {first.view: replace(FIRST_VIEW, number=first.view)}
        self.pointer = first.view

    def serving(self, budget: Budget = ONCE) -> int:  # noqa: ARG002  # at once
        """See Views."""
        return self.pointer

    def serving_store(self, view: int, budget: Budget = UNHURRIED) -> FeatureStore:  # noqa: ARG002  # takes no time
        """See Views."""
        serving: FeatureStore = _Serving(self, self.stores[view])
        return serving

    def store(self, view: int, budget: Budget = UNHURRIED) -> FeatureStore:  # noqa: ARG002  # takes no time
        """See Views."""
        return self.stores[view]

    def versions(self) -> Sequence[ViewVersion]:
        """See Views."""
        return [self.about[number] for number in sorted(self.about)]

    def begin(self, version: ViewVersion) -> None:
        """See Views."""
        if version.number in self.about:
            raise ConflictError(f"view {version.number} exists")
        self.about[version.number] = version
        self.stores[version.number] = MemoryFeatureStore(version.number)

    def switch(self, expected: int, to: int, closing: Mapping[str, int]) -> None:
        """See Views."""
        old = self.stores[expected]
        if self.pointer != expected:
            raise ConflictError(f"view {self.pointer} serves, and not {expected}")
        if moved := [shard for shard, version in closing.items() if old.trends[shard].version != version]:
            raise ConflictError(f"the trend of {moved[0]} is no longer at version {closing[moved[0]]}")
        old.closed |= closing.keys()
        self.pointer = to

    def drop(self, view: int) -> Iterator[int]:
        """See Views."""
        if view == self.pointer:
            raise ConflictError(f"view {view} serves")
        self.about[view] = replace(self.about[view], dropped=True)
        dropped = self.stores[view]
        self.stores[view] = MemoryFeatureStore(view)
        yield len(dropped.users) + len(dropped.trends)


class _Serving:
    """A store that takes a shard's first trend row only while its view serves."""

    def __init__(self, views: MemoryViews, store: MemoryFeatureStore) -> None:
        self._views = views
        self._store = store

    def write_trend(self, shard: str, expected_version: int, data: bytes) -> None:
        """See FeatureStore."""
        if not expected_version and self._views.pointer != self._store.view:
            raise ConflictError(f"view {self._views.pointer} serves, and not {self._store.view}")
        self._store.write_trend(shard, expected_version, data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class MemoryArchive:
    """An Archive."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[LogRecord, ...]] = {}

    def store(self, records: Sequence[LogRecord], day: str, budget: Budget = UNHURRIED) -> str:  # noqa: ARG002  # at once
        """See Archive."""
        first, last = records[0].position, records[-1].position
        name = f"{day}/{first.shard}/{first.sequence_number}-{last.sequence_number}"
        self.objects[name] = tuple(records)
        return name

    def listing(self) -> Iterator[ArchivedObject]:
        """Every object, in order of name; as many bytes as its records' data has are stored."""
        return map(self._listed, sorted(self.objects))

    def slices(self, most_bytes: int = SLICE_BYTES) -> Sequence[ArchiveSlice]:
        """See Archive."""
        return list(sliced(self.listing(), most_bytes))

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


class MemoryWorkspace:
    """A Workspace."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, name: str, data: bytes) -> None:
        """See Workspace."""
        self.kept[name] = data

    def get(self, name: str) -> bytes:
        """See Workspace."""
        if name not in self.kept:
            raise NotFoundError(f"nothing lies under {name}")
        return self.kept[name]

    def names(self, prefix: str) -> Sequence[str]:
        """See Workspace."""
        return sorted(name for name in self.kept if name.startswith(prefix))

    def clear(self) -> None:
        """See Workspace."""
        self.kept.clear()


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

    def send(self, letter: DeadLetter, budget: Budget = UNHURRIED) -> None:  # noqa: ARG002  # at once
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

    def refuse_collisions(self, items: Sequence[Item], budget: Budget = UNHURRIED) -> None:  # noqa: ARG002  # at once
        """See Catalogue."""
        owners: dict[ItemKey, str] = {change.item.key: change.item.item_id for change in self.changes.values()}
        for item in items:
            if owners.setdefault(item.key, item.item_id) != item.item_id:
                raise KeyCollisionError(item.item_id, owners[item.key])

    def publish(self, items: Sequence[Item], changed_at_ms: int, budget: Budget = UNHURRIED) -> None:
        """See Catalogue."""
        self.refuse_collisions(items, budget)
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
