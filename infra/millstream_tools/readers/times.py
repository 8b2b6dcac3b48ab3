"""Parse times of files to seconds since 1970."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from millstream.domain.errors import InvalidInputError
from millstream_tools.readers.mapping import FileTime, TimeForm, Unit

_DAY_S = 86_400
_PER_SECOND: dict[Unit, int] = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}


def time_reader(form: TimeForm) -> Callable[[Any], float]:
    """A function that parses a time cell and raises InvalidInputError for an invalid one."""
    per_second, zone, pattern = _PER_SECOND[form.unit], ZoneInfo(form.zone), form.pattern
    written = f"like {pattern}" if pattern else "in ISO 8601"
    read_text = _iso_or_number(per_second, zone) if pattern is None else _in_pattern(pattern, zone)

    def read(cell: Any) -> float:
        try:
            if isinstance(cell, str):
                return read_text(cell)
            if isinstance(cell, date):
                return _seconds(cell if isinstance(cell, datetime) else datetime.combine(cell, time()), zone)
            if not isinstance(cell, bool):
                return float(cell) / per_second
        except (ValueError, TypeError, OverflowError):
            pass
        raise InvalidInputError("sentAt", f"{form.unit} since 1970, or a time {written}", cell)

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


def _iso_or_number(per_second: int, zone: tzinfo) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            return float(text) / per_second
        except ValueError:
            return _seconds(datetime.fromisoformat(text), zone)

    return read


def _in_pattern(pattern: str, zone: tzinfo) -> Callable[[str], float]:
    # A pattern without a zone gives a naive time, which gets the mapping's zone.
    return lambda text: _seconds(datetime.strptime(text, pattern), zone)  # noqa: DTZ007


def _seconds(moment: datetime, zone: tzinfo) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
