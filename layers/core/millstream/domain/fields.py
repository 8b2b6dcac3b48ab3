"""Validation of untrusted JSON, field by field: each error names the field, the expected and the actual value."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from millstream.domain.errors import InvalidInputError, shown_name

LONGEST_ID = 256


def mapping(field: str, value: object) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise InvalidInputError(field, "an object", value)
    return value


def names_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object as `json.loads` finds it (`object_pairs_hook`). Raises ValueError for a name that occurs twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice in an object")
    return found


def only(of: Mapping[str, Any], known: Collection[str], prefix: str = "") -> None:
    """Raise InvalidInputError for a field that is not known: a typing error must not pass as a missing field."""
    for name in of:
        if name not in known:
            raise InvalidInputError(prefix + shown_name(name), f"no fields but {', '.join(known)}", of[name])


def required_id(of: Mapping[str, Any], name: str, prefix: str = "") -> str:
    """A required string of 1 to 256 characters, without control characters."""
    value = of.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_ID or not is_storable(value):
        raise InvalidInputError(prefix + name, f"a string of 1 to {LONGEST_ID} characters", value)
    if _has_controls(value):
        raise InvalidInputError(prefix + name, "no control characters", value)
    return value


def optional_id(of: Mapping[str, Any], name: str, prefix: str = "") -> str | None:
    """A string of 1 to 256 characters, without control characters, or None if absent."""
    return None if of.get(name) is None else required_id(of, name, prefix)


def optional_text(of: Mapping[str, Any], name: str, longest: int, prefix: str = "") -> str | None:
    """A string of at most `longest` characters, or None if absent."""
    value = of.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest or not is_storable(value):
        raise InvalidInputError(prefix + name, f"a string of up to {longest} characters", value)
    return value


def optional_number(of: Mapping[str, Any], name: str, prefix: str = "") -> float | None:
    """A finite number, or None if absent."""
    value = of.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not _is_finite(value):
        raise InvalidInputError(prefix + name, "a finite number", value)
    return float(value)


def optional_count(of: Mapping[str, Any], name: str, most: int, prefix: str = "") -> int | None:
    """A whole number from 1 to `most`, or None if absent; JSON may write it as 3 or 3.0."""
    value = of.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 1 <= value <= most or value != int(value):
        raise InvalidInputError(prefix + name, f"a whole number from 1 to {most}", value)
    return int(value)


def optional_flag(of: Mapping[str, Any], name: str, default: bool, prefix: str = "") -> bool:
    """True or false, or the default if absent."""
    value = of.get(name, default)
    if not isinstance(value, bool):
        raise InvalidInputError(prefix + name, "true or false", value)
    return value


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond the range of a double
        return False


def _has_controls(text: str) -> bool:
    """Whether a text has control characters (Unicode's category Cc): they are invisible, and terminals obey them."""
    return not text.isprintable() and any(character < " " or "\x7f" <= character < "\xa0" for character in text)


def is_storable(text: str) -> bool:
    """False for text with lone surrogates, which JSON can express and UTF-8 cannot."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
