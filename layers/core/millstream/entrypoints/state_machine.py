"""The edge to a state machine: what a state hands to a function, and the time that a function keeps back.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from millstream.application.ports import Budget
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


class AllBut:
    """A budget but for its last seconds: work that is looked at between its parts ends in time."""

    def __init__(self, whole: Budget, seconds: float) -> None:
        self._whole = whole
        self._seconds = seconds

    def left_s(self) -> float:
        """See Budget."""
        return self._whole.left_s() - self._seconds
