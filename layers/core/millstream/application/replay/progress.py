"""Progress reports of long-running work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Advance = Callable[[int], None]


class Progress(Protocol):
    """Starts a step with a total (None if unknown). Call the yielded `advance(n)` after n more units."""

    def __call__(self, step: str, total: int | None) -> AbstractContextManager[Advance]:
        """Begin a step, which ends with the `with` block."""


@contextmanager
def silently(step: str, total: int | None) -> Iterator[Advance]:  # noqa: ARG001  # unused
    """Progress without output."""
    yield lambda _: None
