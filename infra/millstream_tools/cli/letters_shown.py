"""How a dead letter looks to a person, and as JSON to a machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from millstream.application.ports import BatchLetter, DeadLetter, StrangeLetter
from millstream.application.project.letters import FiledLetter
from millstream.domain.log.fragments import fragment_of
from millstream_tools.cli.tables import table

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
    """A table with one line a letter."""
    return table(("position", "bytes", "times", "first seen", "reason"), map(_cells, letters), {"bytes", "times"})


def as_lines(said: Mapping[str, Any]) -> Iterator[str]:
    """One letter for a person: a line a name, then the record."""
    for name, title in TITLES.items():
        if said.get(name) is not None:
            yield f"{title:<15}{said[name]}"
    if "record" in said:
        yield as_text(said["record"]) if said["record"] else "Nothing of it can be read as a record."


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
    return {"head": _head(letter), "text": _text(letter.data), "record": fragment_of(letter.data)}


def as_text(said: object) -> str:
    """As JSON; lone surrogates, which a terminal cannot print, in JSON's own spelling."""
    return json.dumps(said, indent=2, ensure_ascii=False).encode(errors="backslashreplace").decode()


def stored_bytes(filed: FiledLetter) -> bytes:
    """What the letter holds of its record, or its text."""
    letter = filed.letter
    return letter.data if isinstance(letter, DeadLetter) else getattr(letter, "text", "").encode()


def _cells(filed: FiledLetter) -> tuple[object, ...]:
    said = heading(filed)
    size = said.get("bytes", f"{said['records']} records" if "records" in said else "")
    return said["position"], size, filed.times, said["firstSeen"], said["reason"]


def _head(letter: DeadLetter) -> str:
    more = len(letter.data) + letter.missing_bytes - HEAD_BYTES
    return letter.data[:HEAD_BYTES].hex(" ", -4) + (f" … and {more} more" if more > 0 else "")


def _text(data: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data[:HEAD_BYTES])


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
