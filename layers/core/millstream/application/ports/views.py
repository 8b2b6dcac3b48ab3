"""The rows of the views, in versions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from millstream.application.ports.time import ONCE, UNHURRIED, Budget
from millstream.domain.keys import Pseudonym
from millstream.domain.log.positions import HISTORY_SHARD


class VersionedRow(NamedTuple):
    """A row's bytes and its version; a row that does not exist has version 0 and no bytes."""

    version: int
    data: bytes


NO_ROW = VersionedRow(0, b"")


class UserWrite(NamedTuple):
    """A user's new row, to be written if the stored version still is `expected_version`."""

    user: Pseudonym
    expected_version: int
    data: bytes


@dataclass(frozen=True)
class UserWriteReport:
    """The users whose rows were not written: read again and retry (`stale`), or retry later (`unavailable`)."""

    stale: frozenset[Pseudonym] = frozenset()
    unavailable: frozenset[Pseudonym] = frozenset()


class FeatureStore(Protocol):
    """The rows of one version of the views."""

    @property
    def view(self) -> int:
        """The version's number."""

    def read_user(self, user: Pseudonym) -> VersionedRow:
        """One user's row, or NO_ROW. Raises UnavailableError."""

    def read_users(self, users: Collection[Pseudonym]) -> dict[Pseudonym, VersionedRow]:
        """The rows of many users, without users that have no row. Raises UnavailableError."""

    def write_users(self, writes: Sequence[UserWrite]) -> UserWriteReport:
        """Write each row whose version is as expected, and report the others. Costs one write unit per row."""

    def all_users(self, segment: int = 0, segments: int = 1) -> Iterator[tuple[Pseudonym, VersionedRow]]:
        """All users' rows, in no order, each as of the time it is read. Raises UnavailableError.

        With `segments`, only the rows of one of that many disjoint segments of similar size.
        """

    def read_trend(self, shard: str) -> VersionedRow:
        """One shard's trend row, or NO_ROW. Raises ViewClosedError, UnavailableError."""

    def read_trends(self) -> dict[str, VersionedRow]:
        """The trend row of each shard. Raises UnavailableError."""

    def write_trend(self, shard: str, expected_version: int, data: bytes) -> None:
        """Write one shard's trend row. Raises ConflictError if its version is not as expected, UnavailableError.

        In the serving view, the first row of a shard is counted (see Views.shards_begun), and rejected with
        ConflictError if the view no longer serves.
        """


@dataclass(frozen=True)
class ViewVersion:
    """A version of the views, and what it was built from.

    `amended_to` is how far each shard was read for erasures before the first event was folded: users erased by then
    were not in this version. Empty for a version folded from the stream alone.

    `imports` has the last sequence number that was folded of each import, by the name of its head in the archive, and
    `void` that of the imports that were left out because they were void. Earlier code recorded neither.
    """

    number: int
    fold_code: str = ""
    created_at_ms: int = 0
    amended_to: Mapping[str, int] = field(default_factory=dict)
    dropped: bool = False
    imports: Mapping[str, int] = field(default_factory=dict)
    void: Mapping[str, int] = field(default_factory=dict)

    def has_read(self, name: str, last: int) -> bool:
        """Whether an import was read up to this sequence number when the version was built."""
        if not self.imports and not self.void:
            return last <= self.amended_to.get(HISTORY_SHARD, 0)
        return last <= max(self.imports.get(name, 0), self.void.get(name, 0))


FIRST_VIEW = ViewVersion(1)
"""The version of a new stack."""


class Views(Protocol):
    """The versions of the views, and the pointer to the serving one."""

    def serving(self, budget: Budget = ONCE) -> int:
        """The serving version. Raises UnavailableError."""

    def serving_store(self, view: int, budget: Budget = UNHURRIED) -> FeatureStore:
        """The rows of a version that the caller believes to be serving, to project events into."""

    def store(self, view: int, budget: Budget = UNHURRIED) -> FeatureStore:
        """The rows of any version, to rebuild or verify it."""

    def versions(self) -> Sequence[ViewVersion]:
        """All versions ever created, by number; numbers are never reused."""

    def begin(self, version: ViewVersion) -> None:
        """Record a new version. Raises ConflictError if its number is taken."""

    def shards_begun(self) -> int:
        """How many shards got their first trend row since this version serves. Raises UnavailableError."""

    def switch(self, expected: int, to: int, closing: Mapping[str, int], begun: int | None = None) -> None:
        """Make `to` the serving version, if `expected` serves and its trend rows have the versions in `closing`.

        Atomic: from then on, these shards' trends of the old version raise ViewClosedError. Raises ConflictError if a
        condition fails; with `begun`, also if a shard got its first trend row since they were counted.
        """

    def drop(self, view: int) -> Iterator[int]:
        """Delete a version's rows; yield the number of deleted rows from time to time.

        Raises ConflictError for the serving version, and for newer ones, which may be in a rebuild.
        """
