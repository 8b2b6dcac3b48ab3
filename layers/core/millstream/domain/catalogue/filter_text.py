r"""The text of a filter in a request: `category=Toys|Games,price<20,"shoe size"!="9, wide"`.

filter     condition, condition, …            all must hold; at most MOST_CONDITIONS
condition  name comparison value | value | …  comparison: = != < <= > >=; several values only with = and !=
name       an item's field, or an attribute; `attributes.NAME` is always the attribute
text       as it stands, without blanks at its ends; or in double quotes, with \" for a quote and \\ for a
backslash: needed for , | " = < > and != in a name or a value, for blanks at its ends, and for no text
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from millstream.domain.catalogue.filters import COMPARISONS, EQUAL, UNEQUAL, Condition, Filter
from millstream.domain.errors import InvalidInputError

MOST_CONDITIONS = 20
LONGEST_FILTER = 10_000

# No part can match what another one matches, and blanks are never given back: the time is linear in the text.
_TOKEN = re.compile(
    r"""\s*+(?:
    (?P<sign>!=|<=|>=|[=<>,|])
    |"(?P<quoted>(?:[^"\\]|\\["\\])*+)"
    |(?P<bare>(?:[^\s"=<>,|!]|!(?!=)) (?:[^"=<>,|!]|!(?!=))*+)
    )""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(.)")
_EXPECTED = 'conditions like category=Toys|Games,price<20 (= != < <= > >=), with special characters in quotes: "a, b"'


class _Token(NamedTuple):
    """A sign, or a text (then `sign` is empty)."""

    sign: str
    text: str | None


_END = _Token("", None)


def parse_filter(text: str) -> Filter:
    """Read the conditions; no text is no condition. Raises InvalidInputError."""
    if len(text) > LONGEST_FILTER:
        raise InvalidInputError("filter", f"at most {LONGEST_FILTER:,} characters", f"{len(text):,} characters")
    if not text.strip():
        return ()
    tokens = list(_tokens(text))
    if sum(token.sign == "," for token in tokens) >= MOST_CONDITIONS:
        raise InvalidInputError("filter", f"at most {MOST_CONDITIONS} conditions", text)
    rest = iter(tokens)
    conditions, sign = [], ","
    while sign == ",":
        name, comparison = next(rest, _END).text, next(rest, _END).sign
        values, sign = _values(rest)
        several_fit = comparison in (EQUAL, UNEQUAL)
        if name is None or comparison not in COMPARISONS or not values or (len(values) > 1 and not several_fit):
            raise InvalidInputError("filter", _EXPECTED, text)
        conditions.append(Condition(name, comparison, values))
    if sign:
        raise InvalidInputError("filter", _EXPECTED, text)
    return tuple(conditions)


def _values(rest: Iterator[_Token]) -> tuple[tuple[str, ...], str]:
    """The values of a condition, none if one is missing, and the sign after them; empty at the end."""
    values, sign = [], "|"
    while sign == "|":
        value, after = next(rest, _END).text, next(rest, _END)
        if value is None or after.text is not None:
            return (), ""
        values.append(value)
        sign = after.sign
    return tuple(values), sign


def _tokens(text: str) -> Iterator[_Token]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            raise InvalidInputError("filter", _EXPECTED, text[at:])
        at = found.end()
        if found["sign"]:
            yield _Token(found["sign"], None)
        elif found["bare"]:
            yield _Token("", found["bare"].rstrip())
        else:
            yield _Token("", _ESCAPED.sub(r"\1", found["quoted"]))
