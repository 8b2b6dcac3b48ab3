"""What the use cases need from the outside, each the noun of its role. `adapters` fulfils them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from freshet.domain.catalogue import Item
from freshet.domain.keys import ItemKey, Pseudonym
from freshet.domain.positions import Position
from freshet.domain.slates import Candidate


class LogRecord(NamedTuple):
    """One record as it lies in the log; `data` is what `domain.records` encodes."""

    position: Position
    partition_key: str
    data: bytes


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


class Budget(Protocol):
    """The time that a caller has: how long an adapter may go on retrying what may still succeed."""

    def left_s(self) -> float:
        """Seconds that remain; 0 or less when there is no more."""
        ...


class _Unhurried:
    """A budget without end."""

    def left_s(self) -> float:
        """See Budget."""
        return math.inf


class _Once:
    """A budget that ends with the first attempt."""

    def left_s(self) -> float:
        """See Budget."""
        return 1e-9


UNHURRIED: Budget = _Unhurried()
"""For work that nobody waits for."""

ONCE: Budget = _Once()
"""For one attempt: what is not worth waiting for, or has a client that retries by itself."""


class EventLog(Protocol):
    """The append-only log. Records of one partition key keep the order in which they were appended.

    A record is reported as stored only if it is. One that is not reported as stored may lie in the log all the same,
    once or more, if an answer was lost on the way.
    """

    def append(self, partition_key: str, data: bytes, budget: Budget = UNHURRIED) -> Position:
        """Store one record and say where. Raises UnavailableError when the budget ends first."""
        ...

    def append_many(self, records: Sequence[tuple[str, bytes]], budget: Budget = UNHURRIED) -> list[Position]:
        """Store records, each a partition key and data, and say where each lies.

        Raises NotAllStoredError, which says where those lie that were stored, when the budget ends first.
        """
        ...


class LogShard(NamedTuple):
    """One shard of the stream; `parents` are the shards that it continues, some of which may be gone by now."""

    name: str
    parents: tuple[str, ...]
    closed: bool


class LogReader(Protocol):
    """The log's short memory: what the stream still holds."""

    def shards(self) -> Sequence[LogShard]:
        """Every shard that the stream still holds, parents before children (by number). Raises UnavailableError."""
        ...

    def read_after(self, shard: str, after: int | None) -> Iterator[Sequence[LogRecord]]:
        """Batches of at most 1,000 records, in order: what lies in one shard behind a sequence number at this moment.

        None, or a number that the stream no longer holds, stands for the shard's beginning as far as it is still held.
        Ends at the shard's end, or when nothing newer is there. Raises NotFoundError for a shard that the stream does
        not hold (any more), UnavailableError.
        """
        ...


class FeatureStore(Protocol):
    """The rows of one version of the views."""

    @property
    def view(self) -> int:
        """The version's number."""
        ...

    def read_user(self, user: Pseudonym) -> VersionedRow:
        """One user's row as last written, or NO_ROW. Raises UnavailableError."""
        ...

    def read_users(self, users: Collection[Pseudonym]) -> dict[Pseudonym, VersionedRow]:
        """The rows of many users as last written; users without a row are missing. Raises UnavailableError."""
        ...

    def write_users(self, writes: Sequence[UserWrite]) -> UserWriteReport:
        """Write each row whose version still is as expected, and report the others. One write unit a row."""
        ...

    def all_users(self, segment: int = 0, segments: int = 1) -> Iterator[tuple[Pseudonym, VersionedRow]]:
        """Every user's row, each as last written at the moment it is met, in no order. Raises UnavailableError.

        Or those of one of so many segments, which share no row and are about as large.
        """
        ...

    def read_trend(self, shard: str) -> VersionedRow:
        """One shard's trend row as last written, or NO_ROW. Raises ViewClosedError, UnavailableError."""
        ...

    def read_trends(self) -> dict[str, VersionedRow]:
        """The trend row of each shard. Raises UnavailableError."""
        ...

    def write_trend(self, shard: str, expected_version: int, data: bytes) -> None:
        """Write one shard's trend row. Raises ConflictError if its version is not as expected, UnavailableError.

        Where the view serves, the first row of a shard is refused (ConflictError) if the view no longer does.
        """
        ...


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
        ...

    def serving_store(self, view: int, budget: Budget = UNHURRIED) -> FeatureStore:
        """The rows of a version that serves as far as the caller knows, to project events into."""
        ...

    def store(self, view: int, budget: Budget = UNHURRIED) -> FeatureStore:
        """The rows of any version, for those who rebuild or verify it."""
        ...

    def versions(self) -> Sequence[ViewVersion]:
        """Every version there ever was, in order of number: a number is never used again."""
        ...

    def begin(self, version: ViewVersion) -> None:
        """Note a new version. Raises ConflictError if its number is taken."""
        ...

    def switch(self, expected: int, to: int, closing: Mapping[str, int]) -> None:
        """Make `to` the serving version, if `expected` is and its trend rows are at these versions; else ConflictError.

        All at once: from that moment on, these shards' trends of the old version raise ViewClosedError.
        """
        ...

    def drop(self, view: int) -> Iterator[int]:
        """Delete a version's rows; yields now and then how many are gone. Raises ConflictError for the serving one."""
        ...


SLICE_BYTES = 32 * 2**20
"""Stored bytes of a slice of the archive, where the caller asks for no other size."""


@dataclass(frozen=True)
class ArchiveSlice:
    """Objects of one shard that are read together; `last` is the highest sequence number in their names."""

    shard: str
    names: tuple[str, ...]
    stored_bytes: int
    last: int


class Archive(Protocol):
    """The log's long memory."""

    def store(self, records: Sequence[LogRecord], day: str, budget: Budget = UNHURRIED) -> str:
        """Store records of one shard, in order, under a day (YYYY-MM-DD); the name is the same for the same records.

        Raises UnavailableError when the budget ends first.
        """
        ...

    def slices(self, most_bytes: int = SLICE_BYTES) -> Sequence[ArchiveSlice]:
        """All objects as they are listed now, neighbours of one shard grouped up to so many stored bytes.

        In order of shard number (history first) and first sequence number. A slice has at least one object, and all
        that overlap with its objects: no record is in two slices. Raises UnavailableError.
        """
        ...

    def read_slice(self, slice_: ArchiveSlice) -> Iterator[LogRecord]:
        """The records of a slice, each once, in order of position. Raises UnavailableError.

        Holds the stored bytes of one object at a time, and of those that overlap with it.
        """
        ...

    def read(self) -> Iterator[LogRecord]:
        """Every archived record once, shard by shard in order of position: all slices, one after the other."""
        ...


class Workspace(Protocol):
    """Where a replay leaves its intermediate results; a name holds a whole result or nothing."""

    def put(self, name: str, data: bytes) -> None:
        """Keep some bytes under a name, in the place of what was there. Raises UnavailableError."""
        ...

    def get(self, name: str) -> bytes:
        """What is kept under a name. Raises NotFoundError, UnavailableError."""
        ...

    def names(self, prefix: str) -> Sequence[str]:
        """Every name that begins so, sorted. Raises UnavailableError."""
        ...

    def clear(self) -> None:
        """Forget everything. Raises UnavailableError."""
        ...


@dataclass(frozen=True)
class DeadLetter:
    """A record that cannot be folded, with the reason.

    A letter that was held may have only the beginning of a long record, and no key if it was sent by an early version.
    """

    position: Position
    reason: str
    data: bytes
    partition_key: str | None = None
    missing_bytes: int = 0

    @property
    def identity(self) -> str:
        """How people name the letter."""
        return str(self.position)


@dataclass(frozen=True)
class BatchLetter:
    """Records that Lambda stopped delivering to one function: where they lie, and not the records themselves."""

    function: str
    first: Position
    last: Position
    records: int
    reason: str
    arrived_on: str
    """The day (YYYY-MM-DD, UTC) on which the stream took in the first of them."""

    @property
    def identity(self) -> str:
        """How people name the letter: two functions may have lost the same records."""
        return f"{self.first}-{self.last.sequence_number}/{self.function}"


@dataclass(frozen=True)
class StrangeLetter:
    """A message that is no letter of ours or of Lambda's."""

    message_id: str
    text: str

    @property
    def identity(self) -> str:
        """How people name the letter."""
        return f"message:{self.message_id}"


@dataclass(frozen=True)
class HeldLetter:
    """A letter as it is held, and when it came (epoch ms). The handle is for `remove`."""

    letter: DeadLetter | BatchLetter | StrangeLetter
    sent_at_ms: int
    handle: str


class DeadLetters(Protocol):
    """Where records go that cannot be folded."""

    def send(self, letter: DeadLetter, budget: Budget = UNHURRIED) -> None:
        """Keep the letter. Sending one twice is legal; its position tells.

        Raises UnavailableError when the budget ends first.
        """
        ...

    def letters(self) -> Iterator[HeldLetter]:
        """Every letter that is held, in no order, each sending by itself; they stay. Raises UnavailableError."""
        ...

    def remove(self, handle: str) -> None:
        """Let go of one letter; one that is gone already is no error. Raises UnavailableError."""
        ...


class CatalogueChange(NamedTuple):
    """An item as published, and when (epoch ms of our clock)."""

    item: Item
    changed_at_ms: int


class Catalogue(Protocol):
    """The items that can be recommended."""

    def refuse_collisions(self, items: Sequence[Item], budget: Budget = UNHURRIED) -> None:
        """Raises KeyCollisionError if an item's key belongs to another item id, published or among these.

        Raises UnavailableError when the budget ends first.
        """
        ...

    def publish(self, items: Sequence[Item], changed_at_ms: int, budget: Budget = UNHURRIED) -> None:
        """Insert or replace items. Raises KeyCollisionError before anything is written.

        Raises UnavailableError when the budget ends first; some of the items may be published then.
        """
        ...

    def get(self, item_id: str) -> Item | None:
        """One item as last published."""
        ...

    def changed_since(self, changed_at_ms: int) -> Iterable[CatalogueChange]:
        """Every item published at or after a moment (0: all)."""
        ...


@dataclass(frozen=True)
class PublishedModel:
    """A registry row: what a version is and how good it was when it was made."""

    version: str
    algorithm: str
    created_at_ms: int
    digest: str
    metrics: Mapping[str, float] = field(default_factory=dict)


class ModelStore(Protocol):
    """Model folders, their registry, and the pointer to the one that serves."""

    def publish(self, model: PublishedModel, folder: Path) -> None:
        """Store a folder and its registry row; a version is never changed. Raises ConflictError if it exists."""
        ...

    def champion(self) -> str | None:
        """The version that serves."""
        ...

    def promote(self, version: str, expected: str | None) -> None:
        """Make a version the champion if `expected` still is. Raises ConflictError, NotFoundError."""
        ...

    def models(self) -> Sequence[PublishedModel]:
        """Every registered model, newest first."""
        ...

    def fetch(self, version: str, into: Path) -> Path:
        """Copy a version's folder below `into` and return its path. Raises NotFoundError, UnavailableError."""
        ...


class Scorer(Protocol):
    """A model that can be asked; immutable, so that it can be swapped while another request uses it."""

    version: str

    def recommend(self, tail: Sequence[ItemKey], excluded: Collection[ItemKey], limit: int) -> list[Candidate]:
        """The best next items for a user's latest distinct items (newest first), best first, none excluded."""
        ...

    def similar(self, item: ItemKey, limit: int) -> list[Candidate]:
        """The items that most often follow this one, best first; empty for an item the model does not know."""
        ...


class Clock(Protocol):
    """Our clock."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""
        ...


@dataclass(frozen=True)
class ImportEntry:
    """One import of history: its number, what it is called, when it began (epoch ms), its counts once it is finished.

    The number is part of the position of every record of the import, so it never changes and is never given again.
    """

    number: int
    import_id: str
    what: str
    began_at_ms: int
    counts: Mapping[str, int] | None = None


class Imports(Protocol):
    """The registry of imports: which history is in the log, and under which number."""

    def begin(self, import_id: str, what: str, now_ms: int) -> ImportEntry:
        """The entry of an import: as it was begun before, or new with the next number. Raises UnavailableError."""
        ...

    def finish(self, import_id: str, counts: Mapping[str, int]) -> None:
        """Say that all of it is in the log; what was said first stays. Raises NotFoundError, UnavailableError."""
        ...

    def entries(self) -> Sequence[ImportEntry]:
        """Every import that was ever begun, by number. Raises UnavailableError."""
        ...
