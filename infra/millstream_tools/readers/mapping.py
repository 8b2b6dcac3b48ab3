"""How the columns of a file become the fields of an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from millstream_tools.tables.form import Form

Unit = Literal["seconds", "milliseconds", "microseconds"]

CONSTANT = "="
"""What an event type begins with that is the same for all rows: `=ItemViewed` is no column."""

REQUIRED = ("user", "item", "time")
FIELDS = (*REQUIRED, "event_type", "value", "session", "event_id", "quantity")
"""The fields of an event that a column can fill."""


@dataclass(frozen=True)
class FileTime:
    """The time of all rows of a file, from its name: `pattern` has a group with a number, of days since `origin`."""

    pattern: str
    origin: str


@dataclass(frozen=True)
class TimeForm:
    """How a moment is written: a number is in this unit since 1970, a text in this pattern (None: ISO 8601).

    The zone is that of moments which name none. With `row_order` nothing says when events happened: they are in the
    order of the rows, enough to fit a model on, and no history to import. With `file`, the name of a file does.
    """

    unit: Unit = "seconds"
    pattern: str | None = None
    zone: str = "UTC"
    row_order: bool = False
    file: FileTime | None = None


@dataclass(frozen=True)
class Keep:
    """A condition that a row must fulfil to be an event; `expected` is the reason for rejecting the others."""

    column: str
    expected: str
    not_starting_with: str | None = None
    at_least: float | None = None


@dataclass(frozen=True)
class ColumnMapping:
    """Which column fills which field, and how the cells are to be read.

    `event_types` translates what the file calls an event type. A cell that is one of `missing` counts as absent. The
    fields in `whole_numbers` drop a fraction of zeros: 17850.0 is the user 17850.
    """

    columns: Mapping[str, str]
    form: Form = field(default_factory=Form)
    time: TimeForm = field(default_factory=TimeForm)
    event_types: Mapping[str, str] = field(default_factory=dict)
    whole_numbers: tuple[str, ...] = ()
    missing: tuple[str, ...] = ("",)
    keep: tuple[Keep, ...] = ()

    @property
    def timed(self) -> bool:
        """Whether it is known when events happened; otherwise they are in the order of their rows."""
        return not self.time.row_order

    @property
    def event_type(self) -> str | None:
        """The event type of all rows; None where a column says it."""
        name = self.columns["event_type"]
        return name.removeprefix(CONSTANT) if name.startswith(CONSTANT) else None

    def wanted(self) -> tuple[str, ...]:
        """Every column that is read, once."""
        named = [name for part, name in self.columns.items() if part != "event_type" or self.event_type is None]
        return tuple(dict.fromkeys([*named, *(rule.column for rule in self.keep)]))
