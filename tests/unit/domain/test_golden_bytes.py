"""Stored bytes must be readable for ever.

`events/golden/v1` holds records of schema version 1 as they lie in real logs and archives, `events/golden/rows` rows as
they lie in real tables, each with the JSON that it means. These files are never regenerated: a test that fails here
says that data already stored can no longer be read. When the stored form changes, give it a new version, add a folder
for it, and teach the decoder to read both.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from freshet.domain import trend_row, user_row
from freshet.domain.events import EventKind
from freshet.domain.keys import EVENT_TAG_BYTES
from freshet.domain.records import decode, encode

GOLDEN = Path(__file__).parents[3] / "events" / "golden"
VERSION_1 = sorted((GOLDEN / "v1").glob("*.bin"))


def meaning(stored: Path) -> Any:
    """What the JSON beside a stored file says."""
    return json.loads(stored.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("stored", VERSION_1, ids=lambda path: path.stem)
def test_a_record_of_version_1_still_means_what_it_meant(stored: Path) -> None:
    """Every stored record decodes to the JSON beside it."""
    record = decode(stored.read_bytes())
    assert {
        "subject": record.subject.hex(),
        "recordedAtMs": record.recorded_at_ms,
        "events": [
            {
                "kind": event.kind.name,
                "eventId": event.event_id,
                "itemId": event.item_id,
                "occurredAtMs": event.occurred_at_ms,
                "value": event.value,
                "attributes": event.attributes,
            }
            for event in record.events
        ],
    } == meaning(stored)


@pytest.mark.parametrize("stored", VERSION_1, ids=lambda path: path.stem)
def test_a_record_of_version_1_is_still_written_with_the_same_bytes(stored: Path) -> None:
    """While 1 is the version that is written, encoding what was decoded gives the file back."""
    assert encode(decode(stored.read_bytes())) == stored.read_bytes()


def test_every_kind_of_event_has_its_golden_bytes() -> None:
    """A new kind is not done before its stored form is kept here."""
    kept = {event.kind for stored in VERSION_1 for event in decode(stored.read_bytes()).events}
    assert kept == set(EventKind)


def test_a_stored_user_row_still_means_what_it_meant() -> None:
    """A row of real length: duplicates counted, a full-size sequence number."""
    stored = GOLDEN / "rows" / "user.v1.bin"
    state = user_row.unpack(stored.read_bytes())
    tags = [state.tags[at : at + EVENT_TAG_BYTES].hex() for at in range(0, len(state.tags), EVENT_TAG_BYTES)]
    assert {
        "position": str(state.position),
        "lastMs": state.last_ms,
        "applied": state.applied,
        "duplicates": state.duplicates,
        "recent": [{"item": e.item.hex(), "kind": e.kind.name, "pauseS": e.pause_s} for e in state.recent()],
        "tags": tags,
    } == meaning(stored)
    assert user_row.pack(state) == stored.read_bytes()


def test_a_stored_trend_row_still_means_what_it_meant() -> None:
    """Weights to the last bit, spelled in hexadecimal."""
    stored = GOLDEN / "rows" / "trend.v1.bin"
    trend = trend_row.unpack(stored.read_bytes())
    assert {
        "position": str(trend.position),
        "era": trend.era,
        "applied": trend.applied,
        "weights": {item.hex(): weight.hex() for item, weight in trend.weights.items()},
    } == meaning(stored)
    assert trend_row.pack(trend) == stored.read_bytes()
