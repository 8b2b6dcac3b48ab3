"""Ctrl-C while modules are being imported ends the command without a word: there is nothing to clean up yet."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

INTERRUPTED = 128 + signal.SIGINT
"""The status that shells give to what Ctrl-C ended."""


@contextmanager
def loading() -> Iterator[None]:
    """Import within. Afterwards Ctrl-C is an exception again, so that the command can clean up."""
    as_it_was = signal.getsignal(signal.SIGINT)
    # Whoever started the command may have had Ctrl-C ignored, as `nohup` does: it stays so.
    if as_it_was is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, as_it_was)


def _end(_number: int, _frame: object) -> None:
    """No exception: modules that are being imported may catch one, or make another of it."""
    os._exit(INTERRUPTED)
