"""Stored bytes must be readable for ever.

`events/golden/v1`, `v2` and `v3` hold records of these schema versions as they lie in real logs and archives,
`events/golden/rows` rows as they lie in real tables, each with the JSON that it meant to who wrote it; what that means
today is `upcasting`'s to say. These files are never regenerated: a test that fails here says that data already stored
can no longer be read. When the stored form changes, give it a new version, add a folder for it, and teach the decoder
to read all of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from millstream.domain.attributes import NO_ATTRIBUTES, joined
from millstream.domain.keys import EVENT_TAG_BYTES
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.records import VERSION, decode, decode_cores, encode
from millstream.domain.log.upcasting import upcast
from millstream.domain.views import trend_row, user_row
from millstream.domain.views.user_state import RECENT_EVENTS, REMEMBERED_ITEMS, SESSION_GAP_S, UserState
from millstream_tools.places import CHECKOUT
from tests.builders import cores

GOLDEN = CHECKOUT / "events" / "golden"
STORED = {version: sorted((GOLDEN / f"v{version}").glob("*.bin")) for version in range(1, VERSION + 1)}
WRITTEN = [*STORED[VERSION - 1], *STORED[VERSION]]
"""Version 3 is written only for records with attributes."""

OF_ANY_VERSION = [
    pytest.param(version, stored, id=f"v{version}-{stored.stem}") for version in STORED for stored in STORED[version]
]


def meaning(stored: Path) -> Any:
    """What the JSON beside a stored file says."""
    return json.loads(stored.with_suffix(".json").read_text(encoding="utf-8"))


def meant(stored: Path) -> EventRecord:
    """The record of that JSON, in the terms of the version that wrote it."""
    told = meaning(stored)
    events = (
        Event(
            EventKind[one["kind"]], one["eventId"], one["itemId"], one["occurredAtMs"], one["value"], one["attributes"]
        )
        for one in told["events"]
    )
    codes = joined(told["attributes"]) if "attributes" in told else NO_ATTRIBUTES
    return EventRecord(bytes.fromhex(told["subject"]), told["recordedAtMs"], tuple(events), codes)


@pytest.mark.parametrize(("version", "stored"), OF_ANY_VERSION)
def test_a_stored_record_still_means_what_it_meant(version: int, stored: Path) -> None:
    """Every stored record says its version, and decodes to the JSON beside it as that is understood today."""
    assert stored.read_bytes()[1] == version
    assert decode(stored.read_bytes()) == upcast(meant(stored), version)


@pytest.mark.parametrize(("version", "stored"), OF_ANY_VERSION)
def test_a_fold_reads_stored_records_of_any_version(version: int, stored: Path) -> None:
    """Whose cores, the keys included, have not changed."""
    seen, record = decode_cores(stored.read_bytes()), meant(stored)
    assert (seen.subject, seen.recorded_at_ms) == (record.subject, record.recorded_at_ms), version
    assert repr(seen.cores) == repr(cores(*record.events))
    assert seen.attributes == record.attributes


@pytest.mark.parametrize("stored", WRITTEN, ids=lambda path: path.stem)
def test_a_record_of_a_version_that_is_written_has_the_same_bytes_still(stored: Path) -> None:
    """Encoding what was decoded gives the file back."""
    assert encode(decode(stored.read_bytes())) == stored.read_bytes()


def test_every_kind_of_event_has_its_golden_bytes() -> None:
    """A new kind is not done before its stored form is kept here."""
    kept = {event.kind for stored in WRITTEN for event in meant(stored).events}
    assert kept == set(EventKind)


def test_a_stored_user_row_still_means_what_it_meant() -> None:
    """A full row: every kind, values, several sessions, duplicates counted, a full-size sequence number."""
    stored = GOLDEN / "rows" / f"user.v{user_row.FORMAT}.bin"
    state = user_row.unpack(stored.read_bytes())
    assert told(state) == meaning(stored)
    assert user_row.pack(state) == stored.read_bytes()


@pytest.mark.parametrize("name", ["user", "user_full", "user_erased"])
def test_a_user_row_of_format_1_is_read_as_far_as_it_has_room_today(name: str) -> None:
    """What it told of itself it still tells; purchases and ratings get the days that follow from the pauses."""
    stored = GOLDEN / "rows" / f"{name}.v1.bin"
    meant, state = meaning(stored), user_row.unpack(stored.read_bytes())
    now = told(state)
    recent = [one | {"value": None} for one in meant["recent"]]
    assert now | {"recent": None, "remembered": None, "sessionMs": None} == meant | {
        "recent": None,
        "remembered": None,
        "sessionMs": None,
        "attributes": bytes(16).hex(),
        "experiment": 0,
    }
    assert now["recent"] == recent[:RECENT_EVENTS]
    assert (now["sessionMs"], now["remembered"]) == dated(meant)
    assert user_row.is_blank(stored.read_bytes()) == (not recent)
    assert user_row.unpack(user_row.pack(state)).position == state.position


def told(state: UserState) -> dict[str, Any]:
    """A state as the files beside stored rows tell of it."""
    return {
        "position": str(state.position),
        "lastMs": state.last_ms,
        "sessionMs": state.session_ms,
        "applied": state.applied,
        "duplicates": state.duplicates,
        "recent": [
            {"item": e.item.hex(), "kind": e.kind.name, "value": e.value, "pauseS": e.pause_s} for e in state.recent()
        ],
        "remembered": [
            {"item": e.item.hex(), "kind": e.kind.name, "value": e.value, "day": e.day} for e in state.remembered()
        ],
        "tags": [state.tags[at : at + EVENT_TAG_BYTES].hex() for at in range(0, len(state.tags), EVENT_TAG_BYTES)],
        "attributes": state.attributes.hex(),
        "experiment": state.experiment,
    }


def dated(meant: Any) -> tuple[int, list[dict[str, Any]]]:
    """The start of the session, and what is remembered, by the pauses between the events of a row of format 1."""
    at_ms, session_ms, remembered = meant["lastMs"], None, {}
    for place, one in enumerate(meant["recent"]):
        is_first = one["pauseS"] >= SESSION_GAP_S or place == len(meant["recent"]) - 1
        session_ms = at_ms if session_ms is None and is_first else session_ms
        if one["kind"] in ("ItemPurchased", "ItemRated"):
            of = {"item": one["item"], "kind": one["kind"], "value": None, "day": at_ms // 86_400_000}
            remembered.setdefault((one["item"], one["kind"]), of)
        at_ms -= 1000 * one["pauseS"]
    return session_ms or 0, list(remembered.values())[:REMEMBERED_ITEMS]


def test_a_stored_trend_row_still_means_what_it_meant() -> None:
    """Weights to the last bit, spelled in hexadecimal."""
    stored = GOLDEN / "rows" / "trend.v2.bin"
    trend = trend_row.unpack(stored.read_bytes())
    meant = meaning(stored)
    assert (str(trend.position), trend.era, len(trend.weights)) == (meant["position"], meant["era"], meant["items"])
    weights = {item.hex(): weight.hex() for item, weight in trend.weights.items()}
    assert {item: weights[item] for item in meant["weights"]} == meant["weights"]
    assert {item.hex(): error.hex() for item, error in trend.errors.items()} == meant["inherited"]
    assert trend_row.pack(trend) == stored.read_bytes()


def test_a_stored_trend_row_of_format_1_is_read() -> None:
    """All its weights, of which none is inherited; the next write has today's format."""
    stored = GOLDEN / "rows" / "trend.v1.bin"
    trend = trend_row.unpack(stored.read_bytes())
    meant = meaning(stored)
    assert (str(trend.position), trend.era, trend.errors) == (meant["position"], meant["era"], {})
    assert {item.hex(): weight.hex() for item, weight in trend.weights.items()} == meant["weights"]
    row = trend_row.pack(trend)
    assert row[0] == trend_row.FORMAT
    assert trend_row.pack(trend_row.unpack(row)) == row
