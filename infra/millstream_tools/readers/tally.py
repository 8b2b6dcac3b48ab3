"""Counts of an import."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from millstream_tools.readers.events import ReadEvent
from millstream_tools.readers.rejects import Reject

MOST_COUNTED = 1_000_000
"""Largest exact count of distinct users or items: the only memory that grows with a history."""

FIRST_REJECTS = 10
FIRST_OF_A_REASON = 2


@dataclass
class Distinct:
    """Counts distinct keys, up to a limit."""

    seen: set[bytes] = field(default_factory=set)

    def add(self, key: bytes) -> None:
        """Count a key."""
        if len(self.seen) < MOST_COUNTED:
            self.seen.add(key)

    def __str__(self) -> str:
        return f"{len(self.seen):,}" + (" or more" if len(self.seen) >= MOST_COUNTED else "")


@dataclass
class RepeatedIds:
    """Counts the rows whose event id an earlier row of the same user has: the views count such an id once.

    Rows of one time with other contents are the lines of an order, and get ids of their own (records.py).
    """

    many: int = 0
    seen: set[int] = field(default_factory=set)

    def add(self, read: ReadEvent) -> None:
        """Count an event that has an id of the file."""
        event = read.event
        of_user = hash((read.subject, event.event_id))
        of_moment = hash((of_user, event.occurred_at_ms))
        row = hash((of_moment, event.kind, event.item_id, event.value, str(event.attributes)))
        self.many += row in self.seen or (of_user in self.seen and of_moment not in self.seen)
        if len(self.seen) < MOST_COUNTED:
            self.seen.update((of_user, of_moment, row))

    def __str__(self) -> str:
        return f"{self.many:,}" + (" or more" if len(self.seen) >= MOST_COUNTED else "")


@dataclass
class Tally:
    """Counts of rows: each is an event or a reject. Times are epoch milliseconds.

    `left_out` are the rejects that the mapping asks for. Every line of the files is one of an event, of a reject, of a
    header, or blank.
    """

    events: int = 0
    rejected: int = 0
    left_out: int = 0
    event_lines: int = 0
    reject_lines: int = 0
    header_lines: int = 0
    blank_lines: int = 0
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    users: Distinct = field(default_factory=Distinct)
    items: Distinct = field(default_factory=Distinct)
    first_ms: int | None = None
    last_ms: int | None = None
    first_rejects: list[Reject] = field(default_factory=list)
    repeated: RepeatedIds = field(default_factory=RepeatedIds)
    notes: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """All rows."""
        return self.events + self.rejected

    @property
    def lines(self) -> int:
        """All lines of the files."""
        return self.event_lines + self.reject_lines + self.header_lines + self.blank_lines

    @property
    def times(self) -> tuple[int, int] | None:
        """The times of the first and the last event; None if there is none."""
        return None if self.first_ms is None or self.last_ms is None else (self.first_ms, self.last_ms)

    def count(self, read: ReadEvent, lines: int = 1) -> None:
        """Count an event and its lines. What describes a user has no place among the times of a history."""
        event = read.event
        self.events += 1
        self.event_lines += lines
        self.users.add(read.subject)
        if read.named:
            self.repeated.add(read)
        if not event.kind.traits.about_item:
            return
        self.items.add(event.item_key)
        at_ms = event.occurred_at_ms
        self.first_ms = at_ms if self.first_ms is None else min(self.first_ms, at_ms)
        self.last_ms = at_ms if self.last_ms is None else max(self.last_ms, at_ms)

    def count_reject(self, reject: Reject, lines: int = 1) -> None:
        """Count a reject and its lines."""
        self.rejected += 1
        self.left_out += reject.asked
        self.reject_lines += lines
        self.reasons[reject.column, reject.expected] += 1
        if (
            self.reasons[reject.column, reject.expected] <= FIRST_OF_A_REASON
            and len(self.first_rejects) < FIRST_REJECTS
        ):
            self.first_rejects.append(reject)

    def counts(self) -> dict[str, int]:
        """The counts for the registry of imports."""
        return {"rows": self.rows, "events": self.events, "rejected": self.rejected}
