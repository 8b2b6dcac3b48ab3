"""Column mappings: how the columns of a file become the fields of an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from millstream.domain.log.submissions import NO_IDS
from millstream_tools.tables.form import Form

Unit = Literal["seconds", "milliseconds", "microseconds", "nanoseconds", "excel"]

CONSTANT = "="
"""The prefix of a constant event type: `=ItemViewed` is not a column."""

REQUIRED = ("user", "item", "time")
FIELDS = (*REQUIRED, "date", "event_type", "value", "session", "event_id", "quantity")
"""The fields of an event that a column can fill."""


@dataclass(frozen=True)
class FileTime:
    """The time of all rows of a file, from its name: `pattern` has a group with a number, of days since `origin`."""

    pattern: str
    origin: str


@dataclass(frozen=True)
class TimeForm:
    """The format of times: numbers in this unit, text in this pattern (None: ISO 8601).

    A unit is since 1970; `excel` is a spreadsheet's days since 1899-12-30. Without a unit, it is recognised by the size
    of the number. The zone is for times without one. With `row_order` the rows have an order but no times: enough to
    fit a model, but not to import. With `file`, the time comes from the file's name.
    """

    unit: Unit | None = None
    pattern: str | None = None
    zone: str = "UTC"
    row_order: bool = False
    file: FileTime | None = None


@dataclass(frozen=True)
class Keep:
    """A condition on rows; `expected` is the reason for rejecting rows that do not meet it."""

    column: str
    expected: str
    not_starting_with: str | None = None
    at_least: float | None = None
    one_of: tuple[str, ...] | None = None


@dataclass(frozen=True)
class ColumnMapping:
    """Which column fills which field, and how cells are read.

    `event_types` translates the file's names of event types. A cell that is one of `missing` counts as absent. For
    fields in `whole_numbers` a fraction of zeros is dropped: 17850.0 is the user 17850 (None: recognised, see ids.py).
    Ids that are one of `no_ids` name nobody. With `decimal_comma`, 1.234,50 is a number. `fallbacks` are the columns
    that fill a field where its own is absent.
    """

    columns: Mapping[str, str]
    form: Form = field(default_factory=Form)
    time: TimeForm = field(default_factory=TimeForm)
    event_types: Mapping[str, str] = field(default_factory=dict)
    whole_numbers: tuple[str, ...] | None = None
    decimal_comma: bool = False
    missing: tuple[str, ...] = ("",)
    no_ids: tuple[str, ...] = tuple(sorted(NO_IDS))
    fallbacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keep: tuple[Keep, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    """The column of each declared attribute (domain/attributes.py)."""

    @property
    def timed(self) -> bool:
        """Whether events have times; otherwise they have only the order of the rows."""
        return not self.time.row_order

    @property
    def event_type(self) -> str | None:
        """The event type of all rows; None if a column has it."""
        name = self.columns["event_type"]
        return name.removeprefix(CONSTANT) if name.startswith(CONSTANT) else None

    def wanted(self) -> tuple[str, ...]:
        """All columns that are read, once each."""
        named = [name for part, name in self.columns.items() if part != "event_type" or self.event_type is None]
        instead = [name for names in self.fallbacks.values() for name in names]
        more = (*self.attributes.values(), *(rule.column for rule in self.keep))
        return tuple(dict.fromkeys([*named, *instead, *more]))
