"""The sample bodies of events/api are what they say: good ones are accepted, bad ones refused for the reason named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from millstream.domain.catalogue.publications import parse_publication
from millstream.domain.errors import InvalidInputError
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.submissions import parse_submission
from tests.builders import NOW_MS
from tests.unit.functions.lambda_events import EVENTS, api_event, sample

API = EVENTS / "api"
REFUSED_FOR = {
    "post_events.bad.no_user": "userId",
    "post_events.bad.too_many_events": "eventList",
    "post_events.bad.unknown_event_type": "eventList[0].eventType",
    "post_events.bad.sent_tomorrow": "eventList[0].sentAt",
    "post_events.bad.flag_as_value": "eventList[0].eventValue",
    "post_events.bad.quantity_of_a_view": "eventList[0].quantity",
    "post_events.bad.more_than_all_played": "eventList[0].eventValue",
    "post_events.bad.half_a_piece": "eventList[0].quantity",
    "put_items.bad.price_as_text": "items[0].price",
    "put_items.bad.same_item_twice": "items",
}


def names(pattern: str) -> list[str]:
    """The samples whose names match."""
    return sorted(path.stem for path in API.glob(f"{pattern}.json"))


def body(name: str) -> Any:
    """A sample body."""
    return sample(f"api/{name}.json")


def refusals(name: str) -> list[str]:
    """The fields for which a body is refused, whole or event by event."""
    try:
        if name.startswith("put_items"):
            parse_publication(body(name))
            return []
        return [rejection.error.field for rejection in parse_submission(body(name), NOW_MS).rejected]
    except InvalidInputError as error:
        return [error.field]


def test_every_bad_sample_has_its_reason() -> None:
    """Neither a sample without a reason nor a reason without a sample."""
    assert set(names("*.bad.*")) == set(REFUSED_FOR)


@pytest.mark.parametrize("name", sorted(REFUSED_FOR))
def test_a_bad_sample_is_refused(name: str) -> None:
    """For the reason in its name."""
    assert refusals(name) == [REFUSED_FOR[name]]


@pytest.mark.parametrize("name", [name for name in names("*") if ".bad." not in name and "partly" not in name])
def test_a_good_sample_is_accepted_whole(name: str) -> None:
    """Events and items."""
    assert refusals(name) == []


def test_a_partly_good_sample_is_accepted_in_part() -> None:
    """The first of three events."""
    submission = parse_submission(body("post_events.partly_good"), NOW_MS)
    assert len(submission.accepted) == 1
    assert [rejection.index for rejection in submission.rejected] == [1, 2]


@pytest.mark.parametrize("name", ["post_events", "put_items"])
def test_the_sample_requests_carry_the_sample_bodies(name: str) -> None:
    """So that there is one example, not two."""
    assert json.loads(api_event(name)["body"]) == body(name)


def test_the_page_of_events_shows_every_kind() -> None:
    """The README beside the samples names each kind, and its examples are JSON that the code takes."""
    page = (EVENTS / "README.md").read_text(encoding="utf-8")
    for kind in EventKind:
        assert f"## {kind.name}" in page, f"events/README.md has no section {kind.name}"
    assert all(Path(EVENTS, name).exists() for name in ("api", "aws", "golden"))
    blocks = [part.split("```", 1)[0] for part in page.split("```json")[1:]]
    sent = [entry for entry in map(json.loads, blocks) if "eventType" in entry]
    submission = parse_submission({"userId": "ann", "eventList": sent}, NOW_MS)
    assert not submission.rejected
    assert {event.kind.name for event in submission.accepted} == {entry["eventType"] for entry in sent}
