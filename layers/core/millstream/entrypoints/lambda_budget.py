"""The remaining time of a Lambda invocation as a Budget.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
"""

from __future__ import annotations

from typing import Any

from millstream.adapters.aws.backoff import LONGEST_CALL_S

MARGIN_S = LONGEST_CALL_S + 0.5
"""Reserve, so that an attempt that starts at the last moment still ends before Lambda's timeout."""


class LambdaBudget:
    """The remaining time of one invocation, minus the margin."""

    def __init__(self, context: Any, margin_s: float = MARGIN_S) -> None:
        self._context = context
        self._margin_s = margin_s

    def left_s(self) -> float:
        """See Budget."""
        left_ms: int = self._context.get_remaining_time_in_millis()
        return left_ms / 1000 - self._margin_s
