"""Input of functions that a state machine calls.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from millstream.domain.errors import InvalidInputError


def text(event: Mapping[str, Any], name: str) -> str:
    """A required non-empty string. Raises InvalidInputError."""
    value = event.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidInputError(name, "text", value)
    return value


def texts(event: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A required list of strings. Raises InvalidInputError."""
    values = event.get(name)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InvalidInputError(name, "a list of strings", values)
    return tuple(values)


def number(event: Mapping[str, Any], name: str) -> int:
    """A required whole number, 0 or more. Raises InvalidInputError."""
    value = event.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidInputError(name, "a whole number, 0 or more", value)
    return value
