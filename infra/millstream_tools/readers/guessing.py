"""Guess a mapping from the names of columns and the first rows, for people to look at.

A file whose columns are those of a ready mapping is recognised. Otherwise a guess is a proposal: it is shown, and used
only for the preview.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from millstream.domain.errors import InvalidInputError
from millstream.domain.log.kinds import ALIASES
from millstream_tools.readers.mapping import REQUIRED, ColumnMapping, TimeForm
from millstream_tools.readers.mapping_file import read_mapping, recognised_by
from millstream_tools.readers.mapping_parts import ready_mappings
from millstream_tools.readers.numbers import number_of, number_with_comma
from millstream_tools.readers.times import time_reader
from millstream_tools.tables.errors import BadMappingError
from millstream_tools.tables.paths import cell_of
from millstream_tools.tables.rows import hint_of
from millstream_tools.tables.sampling import Sample, sample

NAMES: Mapping[str, tuple[str, ...]] = {
    "user": (
        "userid", "user", "customerid", "customer", "visitorid", "clientid", "memberid", "accountid", "personid",
        "reviewerid", "uid", "who", "useremail", "customeremail", "email", "anonymousid",
    ),
    "item": (
        "itemid", "item", "productid", "product", "sku", "articleid", "article", "stockcode", "movieid", "asin",
        "contentid", "songid", "bookid", "isbn", "what",
    ),
    "time": (
        "timestamp", "eventtime", "eventtimestamp", "occurredat", "sentat", "createdat", "time", "datetime", "ts", "at",
        "orderdate", "orderedat", "invoicedate", "date",
    ),
    "event_type": ("eventtype", "eventname", "event", "action", "behavior", "behaviour", "interaction", "type", "did"),
    "value": ("eventvalue", "rating", "stars", "value", "price", "unitprice", "score"),
    "session": ("sessionid", "session", "usersession", "visitid", "orderid", "invoiceno"),
    "event_id": ("eventid", "messageid"),
    "quantity": ("quantity", "qty", "pieces"),
}  # fmt: skip
"""Usual names of the columns of each field, without case and marks, the likeliest first."""

EVENT_NAMES: Mapping[str, str] = {
    "pageview": "ItemViewed", "productview": "ItemViewed", "viewitem": "ItemViewed", "pv": "ItemViewed",
    "addtocart": "ItemAddedToCart", "basket": "ItemAddedToCart", "addtobasket": "ItemAddedToCart",
    "transaction": "ItemPurchased", "buy": "ItemPurchased", "order": "ItemPurchased", "checkout": "ItemPurchased",
    "fav": "ItemLiked", "favorite": "ItemLiked", "addtowishlist": "ItemLiked", "rate": "ItemRated",
}  # fmt: skip
"""Usual names of event types in files, beside those that clients may send."""

PATTERNS = tuple(
    f"{day} {hour}".strip()
    for day in ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y")
    for hour in ("%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M:%S %p", "")
)
DATES = ("date", "day", "eventdate", "orderdate", "visitdate")
_OF_DAY = re.compile(r"\d{1,2}:\d{2}")
_MARKS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Guess:
    """A mapping for a file, with the name of the ready mapping that it is.

    If something was guessed, `guessed` is the whole mapping as its file would be.
    """

    mapping: ColumnMapping
    seen: Sample
    ready: str | None
    guessed: Mapping[str, Any]

    @property
    def unused(self) -> list[str]:
        """The names of the cells that the mapping does not use."""
        return _unused(self.seen, self.mapping)


def unused_by(mapping: ColumnMapping, path: Path) -> list[str]:
    """The names of a file's cells that a mapping does not use. Raises BadFileError, OSError."""
    return _unused(sample(path, replace(mapping.form, explode=None)), mapping)


def mapping_of(
    path: Path, named: str | None, columns: Mapping[str, str], told: Mapping[str, Any]
) -> tuple[ColumnMapping, str | None]:
    """The mapping that is told, or the ready mapping of such a file and its name.

    Raises BadMappingError, which proposes columns if it can, BadFileError, OSError.
    """
    try:
        return read_mapping(named, columns, told), None
    except BadMappingError as error:
        if named is not None:
            raise
        missing = error
    seen = _sampled(path, told)
    if ready := _ready(seen):
        return read_mapping(ready, columns, told), ready
    raise _with_proposal(missing, seen, columns)


def guess(path: Path, named: str | None, columns: Mapping[str, str], told: Mapping[str, Any]) -> Guess:
    """The mapping that is told, completed with what can be guessed. Raises BadMappingError, BadFileError, OSError."""
    seen = _sampled(path, told)
    if named is not None:
        return Guess(read_mapping(named, columns, told), seen, None, {})
    if ready := _ready(seen):
        return Guess(read_mapping(ready, columns, told), seen, ready, {})
    found = guessed_columns(seen, columns)
    parts: dict[str, Any] = {}
    found |= _date(seen, {**found, **columns})
    named_by, times = {**found, **columns}, told.get("time", {})
    if "time" in named_by and not {"unit", "pattern"} & times.keys():
        parts |= _time_pattern(_moments(seen, named_by))
    if "event_type" in found:
        parts |= _event_types(_cells(seen, found["event_type"]), found)
    if "value" in named_by and "decimal_comma" not in told:
        parts |= _decimal_comma(_cells(seen, named_by["value"]))
    if "time" in parts:
        parts["time"] = {**parts["time"], **times}
    try:
        mapping = read_mapping(None, {**found, **columns}, {**told, **parts})
    except BadMappingError as error:
        raise _with_proposal(error, seen, columns) from None
    whole = {"columns": {**found, **columns}, **told, **parts} if found or parts else {}
    return Guess(mapping, seen, None, whole)


def _with_proposal(error: BadMappingError, seen: Sample, columns: Mapping[str, str]) -> BadMappingError:
    """The error with the columns that the file has, and those that may be meant."""
    found = guessed_columns(seen, columns)
    options = " ".join(f"--{name.replace('_', '-')} {column!r}" for name, column in found.items() if name in REQUIRED)
    said = f"{error}; the file has {', '.join(seen.names) or 'no columns'}{hint_of(seen.names)}"
    return BadMappingError(f"{said}; perhaps {options} (more with --dry-run)" if options else said)


def guessed_columns(seen: Sample, told: Mapping[str, str]) -> dict[str, str]:
    """The likeliest column of each field that is not told. No column is used twice."""
    plain = {name: _plain(name) for name in seen.names}
    ends = {name: _plain(name.rpartition(".")[2]) for name in seen.names}
    taken, found = set(told.values()), {}
    for field, usual in NAMES.items():
        if field in told:
            continue
        for how in (plain, ends):
            names = [name for one in usual for name, said in how.items() if said == one and name not in taken]
            if names:
                found[field] = names[0]
                taken.add(names[0])
                break
    return found


def _sampled(path: Path, told: Mapping[str, Any]) -> Sample:
    form = read_mapping(None, {"user": "-", "item": "-", "time": "-"}, told).form
    return sample(path, replace(form, explode=None))


def _ready(seen: Sample) -> str | None:
    """The ready mapping that has most of these columns."""
    fitting = [
        (len(names), name)
        for name in ready_mappings()
        if (names := recognised_by(name)) and set(names) <= {*seen.names, *(one for row in seen.rows for one in row)}
    ]
    return max(fitting)[1] if fitting else None


def _cells(seen: Sample, column: str) -> list[Any]:
    cells = (cell_of(row, column) for row in seen.rows)
    return [cell for cell in cells if cell not in (None, "")]


def _date(seen: Sample, columns: Mapping[str, str]) -> dict[str, str]:
    """The column of dates, if that of times has only times of day."""
    times = _cells(seen, columns["time"]) if "time" in columns and "date" not in columns else []
    if not times or not all(isinstance(one, str) and _OF_DAY.match(one) for one in times):
        return {}
    dates = [name for name in seen.names if _plain(name) in DATES and name not in columns.values()]
    return {"date": dates[0]} if dates else {}


def _moments(seen: Sample, columns: Mapping[str, str]) -> list[Any]:
    """The cells of times, after those of dates if they have a column of their own."""
    if "date" not in columns:
        return _cells(seen, columns["time"])
    names = columns["date"], columns["time"]
    return [f"{day} {moment}" for day, moment in (map(partial(cell_of, row), names) for row in seen.rows) if day]


def _time_pattern(cells: Sequence[Any]) -> dict[str, Any]:
    """The pattern that fits all times, if they fit without none and it is the only one."""
    if not cells or _all(time_reader(TimeForm()), cells):
        return {}
    fitting = [one for one in PATTERNS if _all(time_reader(TimeForm(pattern=one)), cells)]
    return {"time": {"pattern": fitting[0]}} if len(fitting) == 1 else {}


def _all(read: Callable[[Any], object], cells: Iterable[Any]) -> bool:
    try:
        for cell in cells:
            read(cell)
    except InvalidInputError:
        return False
    return True


def _event_types(cells: Sequence[Any], found: dict[str, str]) -> dict[str, Any]:
    """The kinds that these names mean. A column that has other names only is not one of event types."""
    kinds = {**{_plain(name): kind.name for name, kind in ALIASES.items()}, **EVENT_NAMES}
    named = {str(cell): kinds[_plain(str(cell))] for cell in cells if _plain(str(cell)) in kinds}
    if not named:
        del found["event_type"]
        return {}
    translated = {name: kind for name, kind in sorted(named.items()) if name not in ALIASES}
    return {"event_types": translated} if translated else {}


def _decimal_comma(cells: Sequence[Any]) -> dict[str, Any]:
    plain = [cell for cell in cells if isinstance(number_of(cell, ()), str)]
    with_comma = [cell for cell in cells if isinstance(number_with_comma(cell, ()), str)]
    return {"decimal_comma": True} if len(with_comma) < len(plain) else {}


def _unused(seen: Sample, mapping: ColumnMapping) -> list[str]:
    used = [one for one in (*mapping.wanted(), mapping.form.explode) if one]
    return [name for name in seen.names if not any(_covers(one, name) for one in used)]


def _plain(name: str) -> str:
    return _MARKS.sub("", name.lower())


def _covers(used: str, name: str) -> bool:
    return name == used or used.startswith(f"{name}.") or name.startswith(f"{used}.")
