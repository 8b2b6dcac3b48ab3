"""Moments, however a file writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from millstream.domain.errors import InvalidInputError
from millstream_tools.readers.mapping import TimeForm
from millstream_tools.readers.times import time_reader


@pytest.mark.parametrize(
    ("form", "cell", "seconds"),
    [
        (TimeForm(), "1396437466.94", 1_396_437_466.94),
        (TimeForm(), 1_396_437_466, 1_396_437_466),
        (TimeForm(), Decimal("1396437466.5"), 1_396_437_466.5),
        (TimeForm(unit="milliseconds"), "1396437466940", 1_396_437_466.94),
        (TimeForm(unit="microseconds"), 1_396_437_466_940_000, 1_396_437_466.94),
        (TimeForm(), "2014-04-07T10:51:09.277Z", 1_396_867_869.277),
        (TimeForm(), "2014-04-07 10:51:09", 1_396_867_869),
        (TimeForm(zone="Europe/London"), "2014-04-07 11:51:09", 1_396_867_869),
        (TimeForm(zone="Europe/London"), "2014-04-07T10:51:09+00:00", 1_396_867_869),
        (TimeForm(), datetime(2014, 4, 7, 10, 51, 9), 1_396_867_869),  # noqa: DTZ001  # as files have them
        (TimeForm(zone="Europe/London"), datetime(2014, 4, 7, 10, 51, 9, tzinfo=UTC), 1_396_867_869),
        (TimeForm(), date(2014, 4, 7), 1_396_828_800),
        (TimeForm(pattern="%m/%d/%Y %H:%M"), "4/7/2014 10:51", 1_396_867_860),
        (TimeForm(pattern="%Y%m%d"), "20140407", 1_396_828_800),
        (TimeForm(pattern="%d.%m.%Y %H:%M %z"), "07.04.2014 12:51 +0200", 1_396_867_860),
    ],
)
def test_a_moment_is_read(form: TimeForm, cell: object, seconds: float) -> None:
    """In seconds since 1970."""
    assert time_reader(form)(cell) == seconds


@pytest.mark.parametrize("cell", ["yesterday", "2014-13-01", "", True, None, [1], "2014-04-07T10:51:09.277Zulu"])
def test_what_is_no_moment_is_refused_with_what_was_expected(cell: object) -> None:
    """In the words of the mapping."""
    with pytest.raises(InvalidInputError, match="seconds since 1970, or a time in ISO 8601"):
        time_reader(TimeForm())(cell)
    with pytest.raises(InvalidInputError, match="or a time like %Y"):
        time_reader(TimeForm(pattern="%Y-%m-%d"))("7.4.2014")
