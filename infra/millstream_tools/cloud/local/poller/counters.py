"""Counts of each mapping, written to a file for other programs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Counters:
    """Counts of one mapping since the poller started; all fields but the names and `last_error` are counts.

    A record that is retried is counted in `records_retried` each time; `records_waiting` are read and not yet done.
    """

    mapping: str
    function: str
    stream: str
    records_read: int = 0
    records_delivered: int = 0
    records_retried: int = 0
    records_discarded: int = 0
    records_waiting: int = 0
    invocations: int = 0
    function_errors: int = 0
    last_error: str = ""


def write_status(path: Path, counters: Sequence[Counters], now: float) -> None:
    """Replace the status file atomically."""
    status = {"updated_at": now, "mappings": [asdict(count) for count in counters]}
    replace_file(path, json.dumps(status, indent=1))


def read_status(path: Path) -> tuple[Counters, ...]:
    """The counts that the poller wrote last; empty before its first write."""
    try:
        status: Mapping[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return ()
    names = {field.name for field in fields(Counters)}
    return tuple(Counters(**{k: v for k, v in entry.items() if k in names}) for entry in status["mappings"])


def replace_file(path: Path, text: str) -> None:
    """Replace a file atomically."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    beside.write_text(text)
    beside.replace(path)
