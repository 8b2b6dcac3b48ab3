"""Moments, however a file writes them."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        (TimeForm(), "1396437466940", 1_396_437_466.94),
        (TimeForm(), 1_396_437_466_940_000, 1_396_437_466.94),
        (TimeForm(), 1_396_437_466_940_000_000, 1_396_437_466.94),
        (TimeForm(), "20210131", 1_612_051_200),
        (TimeForm(), 20210131, 1_612_051_200),
        (TimeForm(zone="Europe/London"), "20140407115109", 1_396_867_869),
        (TimeForm(unit="excel"), "45244.926", 1_700_000_006.4),
        (TimeForm(unit="excel", zone="Europe/Berlin"), 45244.926, 1_699_996_406.4),
        (TimeForm(unit="seconds"), "20210131", 20_210_131),
        (TimeForm(), "2023-11-14 22:13:20 UTC", 1_700_000_000),
        (TimeForm(), "2023-11-14 22:13:20 +0200", 1_699_992_800),
        (TimeForm(zone="Asia/Tokyo"), "2023-11-14 22:13:20 UTC", 1_700_000_000),
        (TimeForm(), "2023-11-14 22:13:20 America/New_York", 1_700_018_000),
        (TimeForm(zone="Asia/Tokyo", pattern="%d/%m/%Y %H:%M %Z"), "14/11/2023 22:13 UTC", 1_699_999_980),
        (TimeForm(pattern="%d/%m/%Y %H:%M %Z"), "14/11/2023 22:13 EST", 1_700_017_980),
        (TimeForm(pattern="%a %b %d %H:%M:%S %Z %Y"), "Tue Nov 14 22:13:20 PST 2023", 1_700_028_800),
        (TimeForm(zone="Asia/Shanghai", pattern="%Y-%m-%d %Z"), "2023-11-14 CST", 1_699_891_200),
        (TimeForm(zone="America/Chicago", pattern="%Y-%m-%d %Z"), "2023-11-14 CST", 1_699_941_600),
        (TimeForm(zone="Europe/Berlin"), "2023-10-29 02:30:00 CEST", 1_698_539_400),
        (TimeForm(zone="Europe/Berlin"), "2023-10-29 02:30:00 CET", 1_698_543_000),
    ],
)
def test_a_moment_is_read(form: TimeForm, cell: object, seconds: float) -> None:
    """In seconds since 1970."""
    assert time_reader(form)(cell) == seconds


@pytest.mark.parametrize("cell", ["yesterday", "2014-13-01", "", True, None, [1], "2014-04-07T10:51:09.277Zulu"])
def test_what_is_no_moment_is_refused_with_what_was_expected(cell: object) -> None:
    """In the words of the mapping."""
    with pytest.raises(InvalidInputError, match="or ISO 8601"):
        time_reader(TimeForm())(cell)
    with pytest.raises(InvalidInputError, match="seconds since 1970, or a time in ISO 8601"):
        time_reader(TimeForm(unit="seconds"))(cell)
    with pytest.raises(InvalidInputError, match="or a time like %Y"):
        time_reader(TimeForm(pattern="%Y-%m-%d"))("7.4.2014")


@pytest.mark.parametrize(
    "cell",
    ["45244.926", 45244.926, "2021", 1, "0", "-1700000000", "1.7E+12", "20231301", "19000101", 9_999_999_999,
     "2023-11-14 22:13:20 CST", "2023-11-14 22:13:20 BST", "2023-11-14 Nowhere/Else"],
)  # fmt: skip
def test_a_number_or_zone_that_may_mean_several_times_is_refused_with_what_was_tried(cell: object) -> None:
    """Never read as a time of 1970; the error names the options that tell what it is."""
    with pytest.raises(InvalidInputError, match=r"1990 to 2100, .* --time-unit or --time-pattern"):
        time_reader(TimeForm())(cell)


BACK, FORWARD = datetime(2023, 10, 29, 2, 30), datetime(2023, 3, 26, 2, 30)  # noqa: DTZ001  # as files have them
"""Two local times that Berlin had twice, and not at all."""


@pytest.mark.parametrize("moment", [BACK, FORWARD])
def test_a_local_time_that_is_twice_or_not_at_all_is_refused_however_it_is_written(moment: datetime) -> None:
    """With the zone and the remedy; an hour later it is one time again."""
    days = (moment - datetime(1899, 12, 30)) / timedelta(days=1)  # noqa: DTZ001  # the same
    said = "once in Europe/Berlin.* add its offset" if moment == BACK else r"occurs in Europe/Berlin.* \(--zone\)"
    berlin = TimeForm(zone="Europe/Berlin")
    for form, cell in [
        (berlin, f"{moment}"), (berlin, moment), (berlin, f"{moment:%Y%m%d%H%M}"), (berlin, f"{moment}.5"),
        (TimeForm(zone="Europe/Berlin", pattern="%d.%m.%Y %H:%M"), f"{moment:%d.%m.%Y %H:%M}"),
        (TimeForm(zone="Europe/Berlin", unit="excel"), days),
        (TimeForm(), f"{moment} Europe/Berlin"),
        (TimeForm(pattern="%Y-%m-%d %H:%M:%S %Z"), f"{moment} Europe/Berlin"),
    ]:  # fmt: skip
        with pytest.raises(InvalidInputError, match=said) as refused:
            time_reader(form)(cell)
        assert refused.value.got == repr(cell)
    assert (
        time_reader(berlin)(f"{moment + timedelta(hours=1)}")
        == (moment + timedelta(hours=1)).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
    )


def test_an_abbreviation_that_is_both_of_the_two_times_is_refused() -> None:
    """In 2014 Moscow's clocks went back from MSK to MSK."""
    moscow = TimeForm(zone="Europe/Moscow")
    with pytest.raises(InvalidInputError, match="once in Europe/Moscow"):
        time_reader(moscow)("2014-10-26 01:30:00 MSK")
    assert time_reader(moscow)("2014-10-26 00:30:00 MSK") == 1_414_269_000


MOMENTS = st.datetimes(datetime(1990, 1, 2), datetime(2099, 12, 30)).map(  # noqa: DTZ001  # made aware below
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)


@given(MOMENTS, st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]))
def test_one_instant_in_any_notation_is_one_millisecond(moment: datetime, zone: str) -> None:
    """Epochs of any unit, ISO 8601 with any offset or zone name, patterns: whatever zone the mapping has."""
    expected = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    local = moment.astimezone(ZoneInfo(zone))
    written = "%Y-%m-%d %H:%M:%S.%f"
    notations = [
        (None, expected), (None, str(expected)), (None, expected * 1_000), (None, expected * 1_000_000),
        (None, f"{expected // 1000}.{expected % 1000:03}"), (None, Decimal(expected) / 1000),
        (None, moment.isoformat()), (None, local.isoformat()), (None, local), (None, f"{moment:{written}} UTC"),
        (f"{written} %Z", f"{moment:{written}} GMT"), (f"{written} %z", f"{local:{written} %z}"),
    ]  # fmt: skip
    if local.replace(fold=1).utcoffset() == local.replace(fold=0).utcoffset():
        notations += [
            (None, f"{local:{written}} {zone}"),
            (None, f"{local:{written}}"),
            (written, f"{local:{written}}"),
        ]
    for pattern, cell in notations:
        read = time_reader(TimeForm(pattern=pattern, zone=zone))
        assert round(read(cell) * 1000) == expected, (pattern, cell)


def test_the_machines_own_zone_means_nothing() -> None:
    """Strptime takes the machine's names for %Z, and drops them."""
    code = (
        "from millstream_tools.readers.mapping import TimeForm; from millstream_tools.readers.times import time_reader;"
        "print(time_reader(TimeForm(pattern='%Y-%m-%d %H:%M %Z'))('2023-11-14 22:13 EST'))"
    )
    seconds = {
        subprocess.check_output([sys.executable, "-c", code], env=os.environ | {"TZ": zone}, text=True)
        for zone in ("UTC", "America/New_York", "Asia/Tokyo")
    }
    assert seconds == {"1700017980.0\n"}
