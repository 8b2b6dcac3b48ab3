"""Parse times of files to seconds since 1970.

A number whose unit is not told is a time only if exactly one unit puts it between 1990 and 2100: these ranges of
seconds, milliseconds, microseconds, nanoseconds and of dates written as digits do not overlap.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from millstream.domain.errors import InvalidInputError
from millstream_tools.readers.mapping import FileTime, TimeForm, Unit
from millstream_tools.readers.zones import ClocksError, in_zone, split_zone, with_zone

_DAY_S = 86_400
_PER_SECOND: dict[Unit, int] = {
    "seconds": 1,
    "milliseconds": 1_000,
    "microseconds": 1_000_000,
    "nanoseconds": 1_000_000_000,
}
_FIRST_S, _LAST_S = 631_152_000, 4_102_444_800
"""1990 and 2100: what a number means is recognised between them."""

_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  # a spreadsheet's dates have no zone
_DIGITS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_ZONE_NAMED = "%Z"
_OFFSET = re.compile(r"\s+(?=[+-]\d\d(:?\d\d)?$)")

RECOGNISED = (
    "seconds, milliseconds, microseconds or nanoseconds since 1970 in 1990 to 2100, a date like 20231114, or ISO 8601 "
    "(else tell --time-unit or --time-pattern)"
)


def time_reader(form: TimeForm) -> Callable[[Any], float]:
    """A function that parses a time cell and raises InvalidInputError for an invalid one."""
    zone, pattern, unit = ZoneInfo(form.zone), form.pattern, form.unit
    number = _recognised(zone) if unit is None else _in_unit(unit, zone)
    read_text = _number_or_iso(number, zone) if pattern is None else _in_pattern(pattern, zone)
    written = f"a time like {pattern}" if pattern else "a time in ISO 8601"
    told = "days since 1899-12-30" if unit == "excel" else f"{unit} since 1970"
    expected = (
        RECOGNISED if unit is None and pattern is None else f"{told if unit else 'seconds since 1970'}, or {written}"
    )

    def read(cell: Any) -> float:
        try:
            if isinstance(cell, str):
                return read_text(cell)
            if isinstance(cell, date):
                return _seconds(cell if isinstance(cell, datetime) else datetime.combine(cell, time()), zone)
            if not isinstance(cell, bool):
                return number(cell)
        except ClocksError as error:
            raise InvalidInputError("sentAt", str(error), cell) from None
        except (ValueError, TypeError, OverflowError, OSError):
            pass
        raise InvalidInputError("sentAt", expected, cell)

    return read


def time_of_file(name: str, form: FileTime) -> float:
    """The time in a file's name, in seconds since 1970. Raises InvalidInputError if there is none."""
    found = re.search(form.pattern, name)
    try:
        days = int(found[1]) if found else None
    except ValueError:
        days = None
    if days is None:
        raise InvalidInputError("sentAt", f"a file name with a number of days, like {form.pattern}", name)
    return datetime.fromisoformat(form.origin).replace(tzinfo=UTC).timestamp() + days * _DAY_S


def _in_unit(unit: Unit, zone: tzinfo) -> Callable[[Any], float]:
    if unit == "excel":
        return lambda cell: _from_excel(float(cell), zone)
    per_second = _PER_SECOND[unit]
    return lambda cell: float(cell) / per_second


def _recognised(zone: tzinfo) -> Callable[[Any], float]:
    """Numbers by their size. Raises ValueError for one that is no time in 1990 to 2100, or may be several."""

    def read(cell: Any) -> float:
        number = float(cell)
        if _FIRST_S <= number <= _LAST_S:
            return number
        for per_second in _PER_SECOND.values():
            if _FIRST_S <= number / per_second <= _LAST_S:
                return number / per_second
        digits = str(int(number))
        if number != int(number) or len(digits) not in _DIGITS:
            raise ValueError(digits)
        found = _seconds(datetime.strptime(digits, _DIGITS[len(digits)]), zone)  # noqa: DTZ007  # in the mapping's zone
        if not _FIRST_S <= found <= _LAST_S:
            raise ValueError(digits)
        return found

    return read


def _from_excel(days: float, zone: tzinfo) -> float:
    """A spreadsheet's serial date, to the millisecond: its fraction of a day has no more digits."""
    milliseconds = round(days * _DAY_S * 1000)
    local = datetime.fromtimestamp(milliseconds / 1000, UTC).replace(tzinfo=None) - datetime(1970, 1, 1) + _EXCEL_EPOCH  # noqa: DTZ001  # local time
    return _seconds(local, zone)


def _number_or_iso(number: Callable[[Any], float], zone: tzinfo) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            return _iso(text.strip(), zone)
        if "e" in text or "E" in text:  # 1.7E+12: a spreadsheet dropped digits
            raise ValueError(text)
        return number(value)

    return read


def _iso(text: str, zone: tzinfo) -> float:
    try:
        return _seconds(datetime.fromisoformat(text), zone)
    except ValueError:
        pass
    try:
        return _seconds(datetime.fromisoformat(_OFFSET.sub("", text)), zone)
    except ValueError:
        pass
    for rest, named in split_zone(text):
        if not rest[-1:].isspace():  # a name stands alone: 22:13:20 UTC
            continue
        return with_zone(datetime.fromisoformat(rest.strip()), named, zone).timestamp()
    raise ValueError(text)


def _in_pattern(pattern: str, zone: tzinfo) -> Callable[[str], float]:
    """Text in a pattern. `%Z` is read here: strptime accepts the machine's own zone names, and then drops them."""
    if _ZONE_NAMED not in pattern:
        # A pattern without a zone gives a naive time, which gets the mapping's zone.
        return lambda text: _seconds(datetime.strptime(text.strip(), pattern), zone)  # noqa: DTZ007
    mark = "\x00"
    without = pattern.replace(_ZONE_NAMED, mark)

    def read(text: str) -> float:
        for rest, named in split_zone(text.strip(), mark):
            try:
                moment = datetime.strptime(rest, without)  # noqa: DTZ007  # the zone follows
            except ValueError:
                continue
            return with_zone(moment, named, zone).timestamp()
        raise ValueError(text)

    return read


def _seconds(moment: datetime, zone: tzinfo) -> float:
    return (moment if moment.tzinfo else in_zone(moment, zone)).timestamp()
