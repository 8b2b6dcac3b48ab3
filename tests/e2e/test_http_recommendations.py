"""POST /recommendations and GET /recommendations/{user}, over real HTTP, and what they leave in the log."""

from __future__ import annotations

from typing import Any

import pytest

from millstream.domain.keys import pseudonym
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.records import decode
from tests.e2e.conftest import SHOP, Setting
from tests.e2e.stack import Stack, event
from tests.e2e.wire import Answer
from tests.integration.local_cloud.waiting import eventually

pytestmark = pytest.mark.cloud

SOLD = {item["itemId"] for item in SHOP if item.get("available", True)}


def ask(stack: Stack, user: str | None, **body: object) -> Answer:
    """One question that must be answered."""
    answer = stack.http("POST", "/recommendations", {"userId": user, **body})
    assert answer.status == 200, answer
    return answer


def ids(answer: Answer) -> list[str]:
    """The items of a slate."""
    return [item["itemId"] for item in answer.body["itemList"]]


def after(stack: Stack, user: str, *events: dict[str, Any]) -> str:
    """Send events and wait until an answer reflects them; their position."""
    position = str(stack.accept(user, *events))
    eventually(lambda: not ask(stack, user, minPosition=position).body["stale"])
    return position


def test_a_user_whom_nobody_knows_gets_a_good_slate(setting: Setting) -> None:
    """Items that are sold, each once, with all that an answer says, and no position."""
    answer = ask(setting.stack, "nobody-knows", n=3)
    items = answer.body["itemList"]
    assert len(items) == len(set(ids(answer))) == 3
    for item in items:
        assert item.keys() == {"itemId", "name", "score", "source", "reason", "propensity"}
        assert item["source"] in ("trending", "newest", "catalogue")
        assert item["propensity"] == 1.0
    assert "sofa" not in ids(ask(setting.stack, "nobody-knows", n=100))
    assert answer.body["userId"] == "nobody-knows"
    assert answer.body["stale"] is False
    assert answer.body["provenance"]["userPosition"] is None
    assert answer.body["provenance"]["modelVersion"] == setting.champion


def test_an_answer_is_stale_until_it_reflects_the_position_that_was_asked_for(stack: Stack) -> None:
    """Read your writes: while the stream is not read the answer says so, and afterwards it holds the event."""
    with stack.undelivered():
        position = str(stack.accept("reads-own", event("lamp", "reads-own-1")))
        before = ask(stack, "reads-own", minPosition=position)
    assert before.body["stale"] is True
    assert before.body["provenance"]["userPosition"] is None
    eventually(lambda: not ask(stack, "reads-own", minPosition=position).body["stale"])
    fresh = ask(stack, "reads-own", minPosition=position)
    assert fresh.body["provenance"]["userPosition"] == position
    assert fresh.body["provenance"]["tier"] == "in-process"
    assert ids(fresh)[0] == "desk"
    assert fresh.body["itemList"][0]["source"] == "model"


def test_seen_items_stay_out_as_far_as_asked_for(stack: Stack) -> None:
    """Of one user: a chair bought last month, a desk looked at last month, a lamp just now."""
    last_month = 1_793_000_000
    now = last_month + 2_000_060
    after(
        stack,
        "has-seen",
        event("chair", "has-seen-1", "ItemPurchased", sentAt=last_month),
        event("desk", "has-seen-2", sentAt=last_month + 5),
        event("lamp", "has-seen-3", sentAt=last_month + 2_000_000),
    )

    def left_out(**query: object) -> set[str]:
        return SOLD - set(ids(ask(stack, "has-seen", n=100, sentAt=now, **query)))

    assert left_out(excludeSeen="none") == set()
    assert left_out(excludeSeen="session") == {"lamp"} == left_out()
    assert left_out(excludeSeen="purchased") == {"chair"}
    assert left_out(excludeSeen="all") == {"chair", "desk", "lamp"}
    assert left_out(exclude=["vase", "desk"]) == {"lamp", "vase", "desk"}
    by_hand = stack.http("GET", "/recommendations/has-seen?exclude_seen=true&n=100")
    assert not {"chair", "desk", "lamp"} & set(ids(by_hand))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("category=Furniture", {"desk", "chair"}),
        ("category=Furniture,price<100", {"chair"}),
        ("price>=45,price<=90", {"lamp", "chair"}),
        ("legs=4", {"chair"}),
        ("category=Nowhere", set()),
    ],
)
def test_a_filter_leaves_what_meets_all_its_conditions(stack: Stack, wanted: str, expected: set[str]) -> None:
    """Over what the shop sells; an empty slate is an answer."""
    assert set(ids(ask(stack, "nobody-knows", filter=wanted, n=100))) & SOLD == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("n=0", "n"),
        ("n=101", "n"),
        ("n=1.5", "n"),
        ("exclude_seen=maybe", "exclude_seen"),
        ("n=3&n=4", "n"),
        ("filter=cheap", "filter"),
        ("min_position=yesterday", "min_position"),
        ("limit=3", "limit"),
    ],
)
def test_a_bad_question_is_refused_by_parameter(stack: Stack, query: str, field: str) -> None:
    """Also a parameter that nobody knows."""
    answer = stack.http("GET", f"/recommendations/ann?{query}")
    assert (answer.status, answer.refused[0]) == (400, field)


def test_a_slate_reaches_log_and_archive_with_its_propensities(stack: Stack) -> None:
    """Who was shown what, in which order, with which probability, by which policy; it decodes, and folds to nothing."""
    position = after(stack, "is-shown", event("lamp", "is-shown-1"))
    answer = ask(stack, "is-shown", n=2)
    stack.drain()
    subject = pseudonym("is-shown", stack.stores.secret())
    for log in (
        [entry.record for entries in stack.stream.entries().values() for entry in entries],
        list(stack.stores.archive().read()),
    ):
        mine = [decode(record.data) for record in log if record.partition_key == subject.hex()]
        served = {event.event_id: event for record in mine for event in record.events if not event.item_id}
        slate = served[answer.body["recommendationId"]]
        assert slate.kind is EventKind.SlateServed
        assert slate.attributes == answer.body["provenance"] | {
            "items": [[item["itemId"], item["source"], item["propensity"]] for item in answer.body["itemList"]]
        }
    assert ask(stack, "is-shown").body["provenance"]["userPosition"] == position
