"""Log records as rows of a Parquet file, one per event. Equal logs give equal bytes, however they were batched."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]  # pyarrow ships no type information

from millstream.application.ports import LogRecord
from millstream.domain.errors import InvalidRecordError
from millstream.domain.fields import is_storable
from millstream.domain.log.records import decode
from millstream_tools.parquet_file import Row, write_parquet

SCHEMA = pa.schema(
    [
        pa.field("shard", pa.string(), nullable=False),
        # Text: Kinesis's numbers have 186 bits.
        pa.field("sequence_number", pa.string(), nullable=False),
        pa.field("recorded_at_ms", pa.uint64(), nullable=False),
        pa.field("subject", pa.string(), nullable=False),
        pa.field("event_id", pa.string(), nullable=False),
        pa.field("event_type", pa.string(), nullable=False),
        pa.field("item_id", pa.string()),
        pa.field("occurred_at_ms", pa.uint64(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("attributes", pa.string(), nullable=False),
    ]
)
"""One column per common field; fields that only some kinds have are JSON in `attributes`."""


@dataclass
class Written:
    """The numbers of records and rows written, and the unreadable records with the errors."""

    records: int = 0
    rows: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)


def write_rows(records: Iterable[LogRecord], path: Path) -> Written:
    """Write the file. Unreadable records give no rows and are reported by position."""
    written = Written()
    written.rows = write_parquet(_rows(records, written), SCHEMA, path)
    return written


def _rows(records: Iterable[LogRecord], written: Written) -> Iterator[Row]:
    for record in records:
        written.records += 1
        try:
            rows = _rows_of(record)
        except InvalidRecordError as error:
            written.unreadable[str(record.position)] = str(error)
            continue
        yield from rows


def _rows_of(record: LogRecord) -> list[Row]:
    shard, sequence_number = record.position
    decoded = decode(record.data)
    subject = decoded.subject.hex()
    return [
        (
            shard,
            str(sequence_number),
            decoded.recorded_at_ms,
            subject,
            _text("event id", event.event_id),
            event.kind.name,
            None if event.item_id is None else _text("item id", event.item_id),
            event.occurred_at_ms,
            event.value,
            json.dumps(event.attributes, separators=(",", ":"), sort_keys=True),
        )
        for event in decoded.events
    ]


def _text(name: str, text: str) -> str:
    """The text. Raises InvalidRecordError if it is not valid UTF-8."""
    if not is_storable(text):
        raise InvalidRecordError(f"record.tail: {name}", "text", text)
    return text
