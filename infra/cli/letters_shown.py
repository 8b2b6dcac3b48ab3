"""How a dead letter looks to a person, and as JSON to a machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from freshet.application.letters import FiledLetter
from freshet.application.ports import BatchLetter, DeadLetter, StrangeLetter
from freshet.domain.fragments import fragment_of

HEAD_BYTES = 64
NUMBERS = {"bytes", "times"}


def letters_table(letters: Sequence[FiledLetter]) -> Table:
    """One line a letter."""
    table = Table(box=None, pad_edge=False)
    for name in ("position", "bytes", "times", "first seen", "reason"):
        table.add_column(name, justify="right" if name in NUMBERS else "left", no_wrap=True)
    for filed in letters:
        said = heading(filed)
        size = said.get("bytes", f"{said['records']} records" if "records" in said else "")
        table.add_row(
            escape(said["position"]), str(size), str(filed.times), said["firstSeen"], escape(str(said["reason"]))
        )
    return table


def heading(filed: FiledLetter) -> dict[str, Any]:
    """What is known of a letter, without its record."""
    letter = filed.letter
    said: dict[str, Any] = {"position": letter.identity}
    if isinstance(letter, DeadLetter):
        length = len(letter.data) + letter.missing_bytes
        said |= {"reason": letter.reason, "bytes": length, "partitionKey": letter.partition_key}
    elif isinstance(letter, BatchLetter):
        said |= {"reason": f"{letter.function} did not get them: {letter.reason}", "records": letter.records}
    else:
        said |= {"reason": "a message that is no dead letter", "bytes": len(letter.text.encode())}
    return said | {"times": filed.times, "firstSeen": _time(filed.first_sent_ms)}


def content(filed: FiledLetter) -> dict[str, Any]:
    """What lies in a letter."""
    letter = filed.letter
    if isinstance(letter, StrangeLetter):
        return {"text": letter.text}
    if isinstance(letter, BatchLetter):
        return {}
    return {"head": _head(letter.data), "record": fragment_of(letter.data)}


def as_text(said: object) -> str:
    """As JSON; lone surrogates, which a terminal cannot print, in JSON's own spelling."""
    return json.dumps(said, indent=2, ensure_ascii=False).encode(errors="backslashreplace").decode()


def stored_bytes(filed: FiledLetter) -> bytes:
    """What the letter holds of its record, or its text."""
    letter = filed.letter
    return letter.data if isinstance(letter, DeadLetter) else getattr(letter, "text", "").encode()


def _head(data: bytes) -> str:
    return data[:HEAD_BYTES].hex(" ", -4) + (f" … and {len(data) - HEAD_BYTES} more" if len(data) > HEAD_BYTES else "")


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
