"""The difference between a stored row and the log, as text, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, zip_longest
from typing import Any

from millstream.application.replay.comparing import Difference
from millstream.domain.errors import InvalidRecordError
from millstream.domain.keys import EVENT_TAG_BYTES
from millstream.domain.views import trend_row, user_row

LONGEST = 100


def difference_lines(difference: Difference) -> list[str]:
    """The fields in which a row differs from the log, with both values."""
    if difference.live is None:
        return [f"{difference.row}: in the log but not in the views"]
    if difference.log is None:
        return [f"{difference.row}: in the views but not in the log"]
    fields = _trend_fields if difference.row.startswith("trend") else _user_fields
    try:
        live, log = fields(difference.live), fields(difference.log)
    except InvalidRecordError as error:
        return [f"{difference.row}: the live row cannot be read: {error}"]
    return [f"{difference.row}:", *chain.from_iterable(_field_lines(name, live[name], log[name]) for name in log)]


def _field_lines(field: str, live: object, log: object) -> Iterator[str]:
    """Both values if they differ; of two lists only the first differing place."""
    if live == log:
        return
    if isinstance(live, list) and isinstance(log, list):
        differing = [place for place, (one, other) in enumerate(zip_longest(live, log)) if one != other]
        field = f"{field}[{differing[0]}]" + (f" and {len(differing) - 1} more" if len(differing) > 1 else "")
        live, log = _at(live, differing[0]), _at(log, differing[0])
    yield f"   {field}"
    yield f"      live {_cut(live)}"
    yield f"      log  {_cut(log)}"


def _at(values: list[Any], place: int) -> object:
    return values[place] if place < len(values) else "none"


def _user_fields(row: bytes) -> Mapping[str, Any]:
    state = user_row.unpack(row)
    return {
        "position": state.position,
        "last event": state.last_ms,
        "session's start": state.session_ms,
        "applied": state.applied,
        "duplicates": state.duplicates,
        "recent": [f"{one.kind.name} {one.item.hex()}{_value(one.value)} +{one.pause_s}s" for one in state.recent()],
        "remembered": [
            f"{one.kind.name} {one.item.hex()}{_value(one.value)} day {one.day}" for one in state.remembered()
        ],
        "event tags": _pieces(state.tags, EVENT_TAG_BYTES),
        "attributes": state.attributes.hex(),
        "experiment": state.experiment,
    }


def _trend_fields(row: bytes) -> Mapping[str, Any]:
    trend = trend_row.unpack(row)
    weights = [
        f"{item.hex()} {weight!r}, inherited {trend.errors.get(item, 0.0)!r}"
        for item, weight in sorted(trend.weights.items())
    ]
    return {"position": trend.position, "era": trend.era, "weights": weights}


def _value(value: float | None) -> str:
    return "" if value is None else f" ({value:g})"


def _pieces(packed: bytes | bytearray, size: int) -> list[str]:
    return [packed[start : start + size].hex() for start in range(0, len(packed), size)]


def _cut(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"
