"""Waits for something that another process does, with a deadline instead of a sleep of the right length."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(holds: Callable[[], object], patience: float = 30.0) -> None:
    """Return as soon as `holds()` is true; fail with its last value after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not (value := holds()):
        assert time.monotonic() < deadline, f"still {value!r} after {patience:g} s"
        time.sleep(0.02)
