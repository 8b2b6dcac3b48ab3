"""How a long piece of work says where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Advance = Callable[[int], None]


class Progress(Protocol):
    """Called with a step and how much there is to do, None if nobody knows; `advance` hears how much more is done."""

    def __call__(self, step: str, total: int | None) -> AbstractContextManager[Advance]:
        """Begin a step; it ends with the block."""


@contextmanager
def silently(step: str, total: int | None) -> Iterator[Advance]:  # noqa: ARG001  # nobody looks
    """Progress that nobody looks at."""
    yield lambda _: None
