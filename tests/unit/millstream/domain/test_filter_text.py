"""The text of a filter: which conditions are read from it, and what is refused."""

from __future__ import annotations

import contextlib
import re

import pytest

from millstream.domain.catalogue import filter_text
from millstream.domain.catalogue.filter_text import LONGEST_FILTER, MOST_CONDITIONS, parse_filter
from millstream.domain.catalogue.filters import Condition
from millstream.domain.errors import InvalidInputError


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("", ()),
        ("  ", ()),
        ("category=Toys", (Condition("category", "=", ("Toys",)),)),
        (" price <= 20 ", (Condition("price", "<=", ("20",)),)),
        ("a!=b,c>=1", (Condition("a", "!=", ("b",)), Condition("c", ">=", ("1",)))),
        ("a=b|c | d e ,f=g", (Condition("a", "=", ("b", "c", "d e")), Condition("f", "=", ("g",)))),
        ("größe>4", (Condition("größe", ">", ("4",)),)),
        ("shoe-size=4", (Condition("shoe-size", "=", ("4",)),)),
        ("made in = New York ", (Condition("made in", "=", ("New York",)),)),
        ("a=!b", (Condition("a", "=", ("!b",)),)),
        ('name="Red lamp = warm"', (Condition("name", "=", ("Red lamp = warm",)),)),
        ('category="Clothing, Shoes & Jewelry"', (Condition("category", "=", ("Clothing, Shoes & Jewelry",)),)),
        ('"a|b"!=" c "|d', (Condition("a|b", "!=", (" c ", "d")),)),
        (r'a="say \"no\"\\",b=1', (Condition("a", "=", ('say "no"\\',)), Condition("b", "=", ("1",)))),
        ('a=""', (Condition("a", "=", ("",)),)),
        ("a=b\\c", (Condition("a", "=", ("b\\c",)),)),
    ],
)
def test_conditions_are_read(text: str, conditions: tuple[Condition, ...]) -> None:
    """Separated by commas, with blanks anywhere; special characters in quotes."""
    assert parse_filter(text) == conditions


@pytest.mark.parametrize(
    "text",
    [
        *("price", "price<", "=Toys", "a~b", ",", "a=b,", "a=b,,c=d", "price 20", "a=b|", "a=|b", "price<1|2"),
        *(
            "price==10",
            "price<<3",
            "price=<3",
            "a=b=c",
            "a!b",
            'a="b',
            'a="b"c',
            'a=b"c"',
            r'a="b\n"',
            '"a" "b"=c',
            "|",
        ),
    ],
)
def test_what_is_no_condition_is_refused(text: str) -> None:
    """With an example of what is one."""
    with pytest.raises(InvalidInputError) as refused:
        parse_filter(text)
    assert refused.value.field == "filter"
    assert "category=Toys|Games,price<20" in refused.value.expected


def test_a_filter_has_at_most_20_conditions() -> None:
    """Each costs time for each candidate."""
    assert len(parse_filter(",".join(["a=b"] * MOST_CONDITIONS))) == MOST_CONDITIONS
    with pytest.raises(InvalidInputError, match="at most 20 conditions"):
        parse_filter(",".join(["a=b"] * (MOST_CONDITIONS + 1)))
    with pytest.raises(InvalidInputError, match="at most 10,000 characters, got '10,001 characters'"):
        parse_filter("x" * (LONGEST_FILTER + 1))


@pytest.mark.parametrize("part", [" ", "a", '"', "\\", "=", "!", "a ", '"a', "a=b|"])
def test_the_longest_filter_is_read_or_refused(part: str) -> None:
    """No repetition gives back what it took, so the time is linear: 9,500 blanks took 1.3 s in a pattern that did."""
    with contextlib.suppress(InvalidInputError):
        parse_filter(f"name{part * (LONGEST_FILTER // len(part) - 8)}x")
    assert set(re.findall(r"\*\+?", filter_text._TOKEN.pattern)) == {"*+"}
