"""The edge to a state machine: what a state hands to a function.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from millstream.domain.errors import InvalidInputError


def text(event: Mapping[str, Any], name: str) -> str:
    """A field that must be text and not empty. Raises InvalidInputError."""
    value = event.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidInputError(name, "text", value)
    return value


def number(event: Mapping[str, Any], name: str) -> int:
    """A field that must be a number, 0 or more. Raises InvalidInputError."""
    value = event.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidInputError(name, "a whole number, 0 or more", value)
    return value
