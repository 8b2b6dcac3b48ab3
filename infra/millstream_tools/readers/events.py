"""Convert rows to events, validated like POST /events, or to rejects that name the column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, NamedTuple

from millstream.domain.attributes import NO_ATTRIBUTES
from millstream.domain.declaration import NOTHING_DECLARED, Declaration
from millstream.domain.errors import InvalidInputError
from millstream.domain.keys import Pseudonym, pseudonym
from millstream.domain.log.events import Event
from millstream.domain.log.kinds import ALIASES
from millstream.domain.log.submissions import parse_submission
from millstream_tools.readers.ids import Blank, IdColumn
from millstream_tools.readers.mapping import ColumnMapping, Keep
from millstream_tools.readers.numbers import number_of, number_with_comma
from millstream_tools.readers.rejects import Reject
from millstream_tools.readers.times import time_of_file, time_reader
from millstream_tools.tables.rows import BadRow, Row

USERS_REMEMBERED = 1 << 16
"""Size of the pseudonym cache; files often have a user's rows together."""

_FIELDS = {
    "userId": "user",
    "itemId": "item",
    "sentAt": "time",
    "eventType": "event_type",
    "eventValue": "value",
    "sessionId": "session",
    "eventId": "event_id",
    "quantity": "quantity",
}
"""The fields of a mapping by their names in POST /events."""

KNOWN_TYPE = "an event type as in POST /events, such as ItemViewed or view, or one that event_types of a mapping names"
OTHER_ENCODING = "text in UTF-8 (or tell the encoding: --encoding cp1252)"
_UNDECODED = re.compile(r"\\udc[89a-f]")
"""How a byte that is no text is shown."""

_COMMA = re.compile(r"'[+-]?[\d. ]*\d,\d+'")

_NAMES = {part: name for name, part in _FIELDS.items()}
OPTIONAL_IDS = ("session", "event_id")

_Cell = Callable[[Sequence[Any]], Any]


class LeftOutError(InvalidInputError):
    """A row that the mapping leaves out on purpose."""


class ReadEvent(NamedTuple):
    """An event and its user. `named` is True if the file has the event id; `attributes` are those of its row."""

    subject: Pseudonym
    named: bool
    event: Event
    attributes: bytes = NO_ATTRIBUTES


class EventReader:
    """Reads rows by one mapping. Events may not be later than `now_ms`; see domain/log/submissions."""

    def __init__(
        self, mapping: ColumnMapping, secret: bytes, now_ms: int, declared: Declaration = NOTHING_DECLARED
    ) -> None:
        self._columns = {**mapping.columns, **{f"attributes.{name}": one for name, one in mapping.attributes.items()}}
        self._declared = declared
        self._now_ms = now_ms
        wanted = {name: place for place, name in enumerate(mapping.wanted())}
        cell = {part: wanted[name] for part, name in mapping.columns.items() if name in wanted}
        missing = frozenset(mapping.missing)
        self._attributes = [(name, wanted[column], missing) for name, column in mapping.attributes.items()]
        self._keep = tuple((wanted[rule.column], rule, missing) for rule in mapping.keep)
        self._no_ids = frozenset(mapping.no_ids)
        self._ids: list[IdColumn] = []
        self.notes: Counter[str] = Counter()
        self._user, self._item, self._session, self._event_id = (
            self._id(part, cell, wanted, mapping) for part in ("user", "item", "session", "event_id")
        )
        self._form = mapping.time
        self._time = (
            _time_cell(cell["time"], cell.get("date"), missing, mapping) if "time" in cell else self._time_of_row
        )
        self._rows = 0
        self._file, self._file_s = "", 0.0
        self._event_type = _type_cell(mapping, cell, missing)
        number = number_with_comma if mapping.decimal_comma else number_of
        self._value, self._quantity = (
            _first_present([_number_cell(place, missing, number) for place in _places(part, cell, wanted, mapping)])
            for part in ("value", "quantity")
        )
        self._pseudonym = lru_cache(USERS_REMEMBERED)(lambda user: pseudonym(user, secret))

    def read(self, file: str, row: Row | BadRow, text: Callable[[Any], str]) -> ReadEvent | Reject:
        """The event of a row, or the reject."""
        if isinstance(row, BadRow):
            return Reject(file, row.line, "row", row.expected, row.got, text(row.raw))
        self._rows += 1
        try:
            self._enter(file)
            return self._read(row.cells)
        except InvalidInputError as error:
            column = self._column(error.field)
            asked = isinstance(error, LeftOutError)
            return Reject(file, row.line, column, _remedied(error), error.got, text(row.raw), asked)

    def _id(self, part: str, cell: Mapping[str, int], wanted: Mapping[str, int], mapping: ColumnMapping) -> _Cell:
        """A reader of an id, from the first of its columns that has one."""
        whole = None if mapping.whole_numbers is None else part in mapping.whole_numbers
        columns, places = [], _places(part, cell, wanted, mapping)
        for place in places:
            # A word for none is no reason to reject a row that may do without this id, or has it in another column.
            words = self._no_ids if part in OPTIONAL_IDS or place != places[-1] else frozenset()
            blank = Blank(frozenset(mapping.missing), words)
            columns.append(IdColumn(place, _NAMES[part], whole, blank, self.notes))
        self._ids += columns
        return _first_present(columns)

    def begin_file(self) -> None:
        """Each file may write numbers in its own way."""
        for column in self._ids:
            column.begin_file()

    def _enter(self, file: str) -> None:
        """Read the time of a file's rows from its name, if the mapping says so."""
        if self._form.file is not None and file != self._file:
            self._file, self._file_s = file, time_of_file(file, self._form.file)

    def _time_of_row(self, _: Sequence[Any]) -> float:
        """The time of a row without one: that of its file or, to keep the order, one millisecond per row."""
        return self._file_s if self._form.file is not None else self._rows / 1000

    def _read(self, cells: Sequence[Any]) -> ReadEvent:
        for place, rule, missing in self._keep:
            _check(cells[place], rule, missing)
        kind, user, event_id = self._event_type(cells), self._user(cells), self._event_id(cells)
        event = {
            "eventType": kind,
            "itemId": self._item(cells),
            "sentAt": self._time(cells),
            "eventId": event_id,
            "eventValue": self._value(cells),
        }
        if isinstance(kind, str) and kind in ALIASES and ALIASES[kind].traits.quantity:
            event["quantity"] = self._quantity(cells)
        call = {"userId": user, "sessionId": self._session(cells), "eventList": [event]}
        if self._attributes:
            said = ((name, _attribute(cells[place], missing)) for name, place, missing in self._attributes)
            call["attributes"] = {name: value for name, value in said if value is not None}
        submission = parse_submission(call, self._now_ms, self._no_ids, self._declared)
        if submission.rejected:
            raise submission.rejected[0].error
        return ReadEvent(
            self._pseudonym(submission.user_id), event_id is not None, submission.accepted[0], submission.attributes
        )

    def _column(self, field: str) -> str:
        """The file's column for a field of POST /events; a rule names its column itself."""
        part = _FIELDS.get(field.rpartition(".")[2], "") if field not in self._columns else field
        return self._columns.get(part, field)


def _remedied(error: InvalidInputError) -> str:
    """What was expected, with the option that may help."""
    if _UNDECODED.search(error.got):
        return OTHER_ENCODING
    if error.field.endswith("eventType") and error.got != "None":
        return KNOWN_TYPE
    if _COMMA.fullmatch(error.got):
        return f"{error.expected} (decimal commas: --decimal-comma)"
    return error.expected


def _attribute(cell: Any, missing: Collection[str]) -> str | None:
    """The value of a cell as text; None if it is absent, which leaves open what is known."""
    text = "" if cell is None else str(cell).strip()
    return None if text in missing else text


def _absent(_: Sequence[Any]) -> None:
    """No column fills this field."""


def _first_present(readers: Sequence[_Cell]) -> _Cell:
    """The first cell that is not absent."""
    if len(readers) <= 1:
        return readers[0] if readers else _absent

    def read(cells: Sequence[Any]) -> Any:
        for reader in readers:
            if (found := reader(cells)) is not None:
                return found
        return None

    return read


def _places(part: str, cell: Mapping[str, int], wanted: Mapping[str, int], mapping: ColumnMapping) -> list[int]:
    """Where a field's cells are: in its column, then in those that fill it where that is absent."""
    return [cell[part], *(wanted[name] for name in mapping.fallbacks.get(part, ()))] if part in cell else []


def _number_cell(place: int, missing: Collection[str], number: Callable[[Any, Collection[str]], Any]) -> _Cell:
    return lambda cells: number(cells[place], missing)


def _time_cell(place: int, of_day: int | None, missing: Collection[str], mapping: ColumnMapping) -> _Cell:
    read = time_reader(mapping.time)

    def read_cell(cells: Sequence[Any]) -> float:
        cell = cells[place] if of_day is None else _joined(cells[of_day], cells[place])
        if cell is None or (isinstance(cell, str) and cell in missing):
            raise InvalidInputError("sentAt", "a time", None)
        return read(cell)

    return read_cell


def _joined(day: Any, moment: Any) -> Any:
    """A date and a time of day as one cell; None if one of them is absent."""
    if day is None or moment is None or "" in (day, moment):
        return None
    if isinstance(day, date) and isinstance(moment, time):
        return datetime.combine(day, moment)
    return f"{day} {moment}"


def _type_cell(mapping: ColumnMapping, cell: Mapping[str, int], missing: Collection[str]) -> _Cell:
    if mapping.event_type is not None:
        constant = mapping.event_type
        return lambda _: constant
    place, names = cell["event_type"], mapping.event_types

    def read(cells: Sequence[Any]) -> Any:
        called = cells[place]
        if called is None or (isinstance(called, str) and called in missing):
            raise InvalidInputError("eventType", "an event type", None)
        called = called.strip() if isinstance(called, str) else called
        return names.get(str(called), called)

    return read


def _check(cell: Any, rule: Keep, missing: Collection[str]) -> None:
    """Raise LeftOutError with the column's name if a row does not meet a rule."""
    if rule.one_of is not None:
        if str(cell).strip() not in rule.one_of:
            raise LeftOutError(rule.column, rule.expected, cell)
        return
    if rule.not_starting_with is not None:
        if cell is not None and str(cell).startswith(rule.not_starting_with):
            raise LeftOutError(rule.column, rule.expected, cell)
        return
    number = number_of(cell, missing)
    if rule.at_least is None or not isinstance(number, int | float) or number < rule.at_least:
        raise LeftOutError(rule.column, rule.expected, cell)
