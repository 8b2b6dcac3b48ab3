"""The rows that a request and a projector read and write, in versions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from millstream.application.ports.time import ONCE, UNHURRIED, Budget
from millstream.domain.keys import Pseudonym


class VersionedRow(NamedTuple):
    """A row's bytes and its version; a row that does not exist has version 0 and no bytes."""

    version: int
    data: bytes


NO_ROW = VersionedRow(0, b"")


class UserWrite(NamedTuple):
    """A user's new row, to be written only if the stored version is still `expected_version`."""

    user: Pseudonym
    expected_version: int
    data: bytes


@dataclass(frozen=True)
class UserWriteReport:
    """Which users' rows were not written, and why: read again and retry (`stale`), or later (`unavailable`)."""

    stale: frozenset[Pseudonym] = frozenset()
    unavailable: frozenset[Pseudonym] = frozenset()


class FeatureStore(Protocol):
    """The rows of one version of the views."""

    @property
    def view(self) -> int:
        """The version's number."""

    def read_user(self, user: Pseudonym) -> VersionedRow:
        """One user's row as last written, or NO_ROW. Raises UnavailableError."""

    def read_users(self, users: Collection[Pseudonym]) -> dict[Pseudonym, VersionedRow]:
        """The rows of many users as last written; users without a row are missing. Raises UnavailableError."""

    def write_users(self, writes: Sequence[UserWrite]) -> UserWriteReport:
        """Write each row whose version still is as expected, and report the others. One write unit a row."""

    def all_users(self, segment: int = 0, segments: int = 1) -> Iterator[tuple[Pseudonym, VersionedRow]]:
        """Every user's row, each as last written at the moment it is met, in no order. Raises UnavailableError.

        Or those of one of so many segments, which share no row and are about as large.
        """

    def read_trend(self, shard: str) -> VersionedRow:
        """One shard's trend row as last written, or NO_ROW. Raises ViewClosedError, UnavailableError."""

    def read_trends(self) -> dict[str, VersionedRow]:
        """The trend row of each shard. Raises UnavailableError."""

    def write_trend(self, shard: str, expected_version: int, data: bytes) -> None:
        """Write one shard's trend row. Raises ConflictError if its version is not as expected, UnavailableError.

        Where the view serves, the first row of a shard is counted (see Views.shards_begun), and refused (ConflictError)
        if the view no longer does.
        """


@dataclass(frozen=True)
class ViewVersion:
    """What a version of the views was made of.

    `amended_to` is how far the log was read for erasures before the first event was folded, by shard: users erased by
    then never were in this version. Empty for one that was folded from the stream alone.
    """

    number: int
    fold_code: str = ""
    created_at_ms: int = 0
    amended_to: Mapping[str, int] = field(default_factory=dict)
    dropped: bool = False


FIRST_VIEW = ViewVersion(1)
"""The version that a new stack begins with."""


class Views(Protocol):
    """The versions of the views side by side, and the pointer to the one that serves."""

    def serving(self, budget: Budget = ONCE) -> int:
        """The version that serves. Raises UnavailableError."""

    def serving_store(self, view: int, budget: Budget = UNHURRIED) -> FeatureStore:
        """The rows of a version that serves as far as the caller knows, to project events into."""

    def store(self, view: int, budget: Budget = UNHURRIED) -> FeatureStore:
        """The rows of any version, for those who rebuild or verify it."""

    def versions(self) -> Sequence[ViewVersion]:
        """Every version there ever was, in order of number: a number is never used again."""

    def begin(self, version: ViewVersion) -> None:
        """Note a new version. Raises ConflictError if its number is taken."""

    def shards_begun(self) -> int:
        """How many shards got their first trend row in the serving version since it serves. Raises UnavailableError."""

    def switch(self, expected: int, to: int, closing: Mapping[str, int], begun: int | None = None) -> None:
        """Make `to` the serving version, if `expected` is and its trend rows are at these versions; else ConflictError.

        All at once: from that moment on, these shards' trends of the old version raise ViewClosedError. With `begun`,
        ConflictError too if any shard got its first trend row since these were counted.
        """

    def drop(self, view: int) -> Iterator[int]:
        """Delete a version's rows; yields now and then how many are gone.

        Raises ConflictError for the serving one, and for a newer one: somebody may be building it, and let it serve.
        """
