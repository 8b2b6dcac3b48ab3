"""Numbers as files have them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream_tools.readers.numbers import number_of, number_with_comma


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("12,50", 12.5), ("1.234,50", 1234.5), ("1 234,5", 1234.5), ("1\u00a0234,5", 1234.5), ("1'234,5", 1234.5),
        ("1.234.567", 1_234_567), ("12.50", 12.5), ("7", 7), (7.5, 7.5), ("-3,25", -3.25), ("", None), (None, None),
        ("1.234", "1.234"), ("1,234.50", "1,234.50"), ("x", "x"), (True, True),
    ],
)  # fmt: skip
def test_with_decimal_commas_a_number_is_read_or_left_to_be_rejected(cell: Any, number: Any) -> None:
    """What may be two numbers is none."""
    assert number_with_comma(cell, ("",)) == number


@given(st.integers(0, 10**9), st.integers(0, 99))
def test_any_notation_gives_the_same_number(whole: int, cents: int) -> None:
    """Grouped by dots, blanks or not at all."""
    expected = float(f"{whole}.{cents:02}")
    for text in (f"{whole},{cents:02}", f"{whole:,}".replace(",", ".") + f",{cents:02}", f"{whole:_},{cents:02}"):
        assert number_with_comma(text.replace("_", " "), ("",)) == expected
    assert number_of(f"{whole}.{cents:02}", ("",)) == expected
