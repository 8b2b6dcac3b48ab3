"""Versions of the views in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from millstream.application.ports import (
    FIRST_VIEW,
    NO_ROW,
    ONCE,
    UNHURRIED,
    Budget,
    FeatureStore,
    UserWrite,
    UserWriteReport,
    VersionedRow,
    ViewVersion,
)
from millstream.domain.errors import ConflictError, ViewClosedError
from millstream.domain.keys import Pseudonym


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
        self.begun = 0

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

    def shards_begun(self) -> int:
        """See Views."""
        return self.begun

    def switch(self, expected: int, to: int, closing: Mapping[str, int], begun: int | None = None) -> None:
        """See Views."""
        old = self.stores[expected]
        if self.pointer != expected:
            raise ConflictError(f"view {self.pointer} serves, not {expected}")
        if moved := [shard for shard, version in closing.items() if old.trends[shard].version != version]:
            raise ConflictError(f"the trend of {moved[0]} is no longer at version {closing[moved[0]]}")
        if begun is not None and begun != self.begun:
            raise ConflictError(f"{self.begun - begun} shards are new in view {expected}")
        old.closed |= closing.keys()
        self.pointer, self.begun = to, 0

    def drop(self, view: int) -> Iterator[int]:
        """See Views."""
        if view == self.pointer:
            raise ConflictError(f"view {view} serves")
        if view > self.pointer:
            raise ConflictError(
                f"view {view} is newer than the serving view {self.pointer}: a rebuild may be building it"
            )
        self.about[view] = replace(self.about[view], dropped=True)
        dropped = self.stores[view]
        self.stores[view] = MemoryFeatureStore(view)
        yield len(dropped.users) + len(dropped.trends)


class _Serving:
    """A store that accepts a shard's first trend row only while its view serves."""

    def __init__(self, views: MemoryViews, store: MemoryFeatureStore) -> None:
        self._views = views
        self._store = store

    def write_trend(self, shard: str, expected_version: int, data: bytes) -> None:
        """See FeatureStore."""
        if not expected_version and self._views.pointer != self._store.view:
            raise ConflictError(f"view {self._views.pointer} serves, not {self._store.view}")
        self._store.write_trend(shard, expected_version, data)
        self._views.begun += not expected_version

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
