"""Dead letters as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from millstream.application.ports import BatchLetter, DeadLetter, UnknownLetter
from millstream.application.project.letters import FiledLetter
from millstream.domain.log.fragments import fragment_of
from millstream_tools.cli.tables import table
from millstream_tools.terminal import json_text

HEAD_BYTES = 64

TITLES = {
    "position": "position",
    "reason": "reason",
    "bytes": "bytes",
    "records": "records",
    "partitionKey": "partition key",
    "times": "times",
    "firstSeen": "first seen",
    "head": "begins with",
    "text": "as text",
}


def listing(letters: Sequence[FiledLetter]) -> str:
    """A table with one line per letter."""
    return table(("position", "bytes", "times", "first seen", "reason"), map(_cells, letters), {"bytes", "times"})


def as_lines(fields: Mapping[str, Any]) -> Iterator[str]:
    """One letter as text: one line per field, then the record."""
    for name, title in TITLES.items():
        if fields.get(name) is not None:
            yield f"{title:<15}{fields[name]}"
    if "record" in fields:
        yield json_text(fields["record"]) if fields["record"] else "No part of it can be read as a record."


def heading(filed: FiledLetter) -> dict[str, Any]:
    """The fields of a letter without its record."""
    letter = filed.letter
    fields: dict[str, Any] = {"position": letter.identity}
    if isinstance(letter, DeadLetter):
        length = len(letter.data) + letter.missing_bytes
        fields |= {"reason": letter.reason, "bytes": length, "partitionKey": letter.partition_key}
    elif isinstance(letter, BatchLetter):
        fields |= {"reason": f"not delivered to {letter.function}: {letter.reason}", "records": letter.records}
    else:
        fields |= {"reason": "the message is not a dead letter", "bytes": len(letter.text.encode())}
    return fields | {"times": filed.times, "firstSeen": _time(filed.first_sent_ms)}


def content(filed: FiledLetter) -> dict[str, Any]:
    """The content of a letter: its first bytes and its record."""
    letter = filed.letter
    if isinstance(letter, UnknownLetter):
        return {"text": letter.text}
    if isinstance(letter, BatchLetter):
        return {}
    return {"head": _head(letter), "text": _text(letter.data), "record": fragment_of(letter.data)}


def stored_bytes(filed: FiledLetter) -> bytes:
    """The record's bytes as far as the letter holds them, or the letter's text."""
    letter = filed.letter
    return letter.data if isinstance(letter, DeadLetter) else getattr(letter, "text", "").encode()


def _cells(filed: FiledLetter) -> tuple[object, ...]:
    fields = heading(filed)
    size = fields.get("bytes", f"{fields['records']} records" if "records" in fields else "")
    return fields["position"], size, filed.times, fields["firstSeen"], fields["reason"]


def _head(letter: DeadLetter) -> str:
    more = len(letter.data) + letter.missing_bytes - HEAD_BYTES
    return letter.data[:HEAD_BYTES].hex(" ", -4) + (f" … and {more} more" if more > 0 else "")


def _text(data: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data[:HEAD_BYTES])


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
