"""Quiet Ctrl-C while modules are imported: the command ends without a traceback, as nothing needs cleanup yet."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

INTERRUPTED = 128 + signal.SIGINT
"""The exit status of a program ended by Ctrl-C, as in shells."""


@contextmanager
def loading() -> Iterator[None]:
    """End the process at once on Ctrl-C inside this context; afterwards Ctrl-C raises KeyboardInterrupt again."""
    previous = signal.getsignal(signal.SIGINT)
    # A parent such as `nohup` may have Ctrl-C ignored: respect that.
    if previous is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _end(_number: int, _frame: object) -> None:
    """Exit without an exception: a module that is being imported might catch or replace it."""
    os._exit(INTERRUPTED)
