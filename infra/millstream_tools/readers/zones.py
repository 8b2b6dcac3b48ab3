"""Time zones by name, the same on every machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_HOURS = {
    "UT": 0, "EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3,
}  # fmt: skip
"""Abbreviations that mean one zone (RFC 5322, and the European Union's).

Others, such as CST, IST and BST, mean several: they are read only if they are those of the mapping's zone.
"""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]*")
_UTC = ("UTC", "GMT", "Z")


class ClocksError(Exception):
    """A local time that the clocks of a zone show twice, or skip. The message says what was expected."""


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """A time without a zone in this one. Raises ClocksError if that is not one instant."""
    return _one_instant(moment.replace(tzinfo=zone), moment.replace(tzinfo=zone, fold=1))


def split_zone(text: str, mark: str = "") -> Iterator[tuple[str, str]]:
    """Each name in a text that may be a zone, after the text with `mark` in its place; the last name first."""
    for found in reversed(list(_NAME.finditer(text))):
        yield text[: found.start()] + mark + text[found.end() :], found[0]


def with_zone(moment: datetime, named: str, zone: tzinfo) -> datetime:
    """A time in the named zone; `zone` decides what an ambiguous abbreviation means.

    Raises ValueError, and ClocksError as `in_zone` does.
    """
    if moment.tzinfo is not None:
        return moment
    if named.upper() in _UTC:
        return moment.replace(tzinfo=UTC)
    both = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if found := [local for local in both if local.tzname() == named]:
        return _one_instant(found[0], found[-1])
    if named in _HOURS:
        return moment.replace(tzinfo=timezone(timedelta(hours=_HOURS[named])))
    if "/" not in named:
        raise ValueError(f"{named} is no time zone, or one of several")
    try:
        return in_zone(moment, ZoneInfo(named))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{named} is no time zone") from None


def _one_instant(earlier: datetime, later: datetime) -> datetime:
    """The time, if its two readings in a zone, before and after a change of the clocks, are the same."""
    before, after = earlier.utcoffset(), later.utcoffset()
    if before == after:
        return earlier
    zone = earlier.tzinfo
    if before is None or after is None or before > after:
        raise ClocksError(f"a time that occurs once in {zone}, whose clocks went back then: add its offset, as +01:00")
    raise ClocksError(
        f"a time that occurs in {zone}, whose clocks went forward then: tell its zone (--zone), or add its offset"
    )
