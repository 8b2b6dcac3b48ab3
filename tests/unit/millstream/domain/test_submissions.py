"""POST /events: what is accepted, what is rejected and why."""

from __future__ import annotations

from typing import Any

import pytest

from millstream.domain.errors import InvalidInputError
from millstream.domain.keys import event_tag
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.submissions import (
    CLOCK_AHEAD_MS,
    LONGEST_PROPERTIES,
    MOST_PIECES,
    Submission,
    parse_submission,
)
from tests.builders import NOW_MS, entry, submission


def parsed(*entries: Any, **call: Any) -> Submission:
    """The submission of these entries."""
    return parse_submission(submission(*entries, **call), NOW_MS)


def test_an_event_is_read_in_full() -> None:
    """Every field of a full entry, the session of its call included."""
    (event,) = parsed(
        entry(
            eventType="ItemPurchased",
            eventValue=39.9,
            quantity=2,
            recommendationId="rec-1",
            impression=["lamp", "desk"],
        ),
        session="visit-7",
    ).accepted
    assert event.kind is EventKind.ItemPurchased
    assert (event.event_id, event.item_id, event.occurred_at_ms, event.value) == ("e1", "lamp", NOW_MS, 39.9)
    assert event.attributes == {
        "sessionId": "visit-7",
        "recommendationId": "rec-1",
        "impression": ["lamp", "desk"],
        "quantity": 2,
    }


def test_what_a_client_leaves_out_is_not_stored() -> None:
    """No nulls in the log."""
    (event,) = parsed(entry()).accepted
    assert event.attributes == {}
    assert event.value is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ItemViewed", EventKind.ItemViewed),
        ("ItemAddedToCart", EventKind.ItemAddedToCart),
        ("ItemPurchased", EventKind.ItemPurchased),
        ("SatisfactionReported", EventKind.SatisfactionReported),
        ("view", EventKind.ItemViewed),
        ("click", EventKind.ItemViewed),
        ("cart", EventKind.ItemAddedToCart),
        ("purchase", EventKind.ItemPurchased),
        ("ItemLiked", EventKind.ItemLiked),
        ("ItemDisliked", EventKind.ItemDisliked),
        ("ItemHidden", EventKind.ItemHidden),
        ("ItemShared", EventKind.ItemShared),
        ("ItemPlayed", EventKind.ItemPlayed),
        ("ItemSkipped", EventKind.ItemSkipped),
        ("ItemRemovedFromCart", EventKind.ItemRemovedFromCart),
        ("like", EventKind.ItemLiked),
        ("dislike", EventKind.ItemDisliked),
        ("hide", EventKind.ItemHidden),
        ("share", EventKind.ItemShared),
        ("play", EventKind.ItemPlayed),
        ("skip", EventKind.ItemSkipped),
        ("remove_from_cart", EventKind.ItemRemovedFromCart),
    ],
)
def test_each_event_type_has_its_kind(name: str, kind: EventKind) -> None:
    """Millstream's own names, and those that Personalize's users commonly have."""
    assert parsed(entry(eventType=name)).accepted[0].kind is kind


@pytest.mark.parametrize("name", ["ItemRated", "rating"])
def test_a_rating_has_a_value(name: str) -> None:
    """Without one it would say nothing, and count as liked."""
    assert parsed(entry(eventType=name, eventValue=4)).accepted[0].kind is EventKind.ItemRated
    (rejection,) = parsed(entry(eventType=name)).rejected
    assert (rejection.error.field, rejection.error.expected) == ("eventList[0].eventValue", "a number with ItemRated")


def test_an_id_names_one_event_of_a_call() -> None:
    """The same event twice is a repeat; another event under its id is not accepted."""
    once = entry(eventId="e-1")
    submission = parsed(once, once, entry(eventId="e-1", itemId="another"), entry(eventId="e-2"))
    assert [event.event_id for event in submission.accepted] == ["e-1", "e-1", "e-2"]
    (rejection,) = submission.rejected
    assert (rejection.index, rejection.event_id, rejection.error.field) == (2, "e-1", "eventList[2].eventId")


@pytest.mark.parametrize("name", ["sentat", "sessionId", "propertys", "quantitiy"])
def test_an_unknown_field_of_an_event_is_rejected(name: str) -> None:
    """The event would otherwise be stored without what its sender meant."""
    (rejection,) = parsed(entry(**{name: 1})).rejected
    assert rejection.error.field == f"eventList[0].{name}"
    assert "sentAt" in rejection.error.expected


@pytest.mark.parametrize("name", ["session", "trackingId", "events"])
def test_an_unknown_field_of_a_call_refuses_it(name: str) -> None:
    """It may be what all events of the call need."""
    with pytest.raises(InvalidInputError) as refused:
        parse_submission({"userId": "ann", "eventList": [entry()], name: "x"}, NOW_MS)
    assert refused.value.field == name


@pytest.mark.parametrize("share", [None, 0, 0.25, 1])
def test_how_much_was_played_is_a_share(share: float | None) -> None:
    """Or is not said."""
    assert parsed(entry(eventType="ItemPlayed", eventValue=share)).accepted[0].value == share


@pytest.mark.parametrize(("given", "stored"), [(None, 1), (1, 1), (3, 3), (3.0, 3), (MOST_PIECES, MOST_PIECES)])
def test_a_purchase_always_says_how_many_pieces(given: object, stored: int) -> None:
    """As a whole number, however JSON spells it; one, where the client does not say."""
    for name in ("ItemPurchased", "purchase"):
        quantity = parsed(entry(eventType=name, quantity=given)).accepted[0].attributes["quantity"]
        assert (quantity, type(quantity)) == (stored, int)


BAD_EVENTS = [
    ("entry is text", "text", "eventList[0]"),
    ("entry is null", None, "eventList[0]"),
    ("type unknown", entry(eventType="ItemEaten"), "eventList[0].eventType"),
    ("type is Millstream's own", entry(eventType="SlateServed"), "eventList[0].eventType"),
    ("type missing", entry(eventType=None), "eventList[0].eventType"),
    ("type a list", entry(eventType=["view"]), "eventList[0].eventType"),
    ("item missing", entry(itemId=None), "eventList[0].itemId"),
    ("item empty", entry(itemId=""), "eventList[0].itemId"),
    ("item a number", entry(itemId=7), "eventList[0].itemId"),
    ("item too long", entry(itemId="x" * 257), "eventList[0].itemId"),
    ("item with a lone surrogate", entry(itemId="\udfff"), "eventList[0].itemId"),
    ("event id a number", entry(eventId=7), "eventList[0].eventId"),
    ("event id empty", entry(eventId=""), "eventList[0].eventId"),
    ("item with NUL", entry(itemId="\x00"), "eventList[0].itemId"),
    ("value true", entry(eventValue=True), "eventList[0].eventValue"),
    ("value NaN", entry(eventValue=float("nan")), "eventList[0].eventValue"),
    ("value Infinity", entry(eventValue=float("inf")), "eventList[0].eventValue"),
    ("value beyond a double", entry(eventValue=10**400), "eventList[0].eventValue"),
    ("value as text", entry(eventValue="4"), "eventList[0].eventValue"),
    ("share played above 1", entry(eventType="ItemPlayed", eventValue=1.001), "eventList[0].eventValue"),
    ("share played below 0", entry(eventType="play", eventValue=-0.001), "eventList[0].eventValue"),
    *(
        (f"quantity {quantity!r}", entry(eventType="ItemPurchased", quantity=quantity), "eventList[0].quantity")
        for quantity in (0, -1, 1.5, True, "3", [3], MOST_PIECES + 1, 10**400, float("nan"), float("inf"))
    ),
    *(
        (f"quantity of {kind}", entry(eventType=kind, quantity=1), "eventList[0].quantity")
        for kind in ("ItemViewed", "cart", "ItemRated", "SatisfactionReported")
    ),
    ("sent before 1970", entry(sentAt=-0.001), "eventList[0].sentAt"),
    ("sent in milliseconds", entry(sentAt=NOW_MS), "eventList[0].sentAt"),
    ("sent NaN", entry(sentAt=float("nan")), "eventList[0].sentAt"),
    ("sent as text", entry(sentAt="2026-11-22"), "eventList[0].sentAt"),
    ("sent true", entry(sentAt=True), "eventList[0].sentAt"),
    ("sent beyond time", entry(sentAt=1e306), "eventList[0].sentAt"),
    ("recommendation a number", entry(recommendationId=1), "eventList[0].recommendationId"),
    ("impression a text", entry(impression="lamp"), "eventList[0].impression"),
    ("impression of numbers", entry(impression=[1]), "eventList[0].impression"),
    ("impression too long", entry(impression=["lamp"] * 101), "eventList[0].impression"),
    ("impression with an empty id", entry(impression=["lamp", ""]), "eventList[0].impression[1]"),
]


@pytest.mark.parametrize(("bad", "field"), [case[1:] for case in BAD_EVENTS], ids=[case[0] for case in BAD_EVENTS])
def test_a_bad_event_is_rejected_and_its_neighbour_is_not(bad: Any, field: str) -> None:
    """The rejection names the field, what was expected and what came; the rest of the call goes through."""
    sorted_out = parsed(bad, entry(eventId="good"))
    (rejection,) = sorted_out.rejected
    assert rejection.index == 0
    assert rejection.error.field == field
    assert rejection.error.expected
    assert rejection.error.got
    assert [event.event_id for event in sorted_out.accepted] == ["good"]


BAD_CALLS: list[tuple[str, Any, str]] = [
    ("no object", [], "body"),
    ("nothing", None, "body"),
    ("no user", {"eventList": [entry()]}, "userId"),
    ("user a number", {"userId": 7, "eventList": [entry()]}, "userId"),
    ("user empty", {"userId": "", "eventList": [entry()]}, "userId"),
    ("user with a lone surrogate", {"userId": "\ud800", "eventList": [entry()]}, "userId"),
    ("session a number", {"userId": "ann", "sessionId": 7, "eventList": [entry()]}, "sessionId"),
    ("no list", {"userId": "ann"}, "eventList"),
    ("list an object", {"userId": "ann", "eventList": {}}, "eventList"),
    ("list empty", {"userId": "ann", "eventList": []}, "eventList"),
    ("21 events", {"userId": "ann", "eventList": [entry()] * 21}, "eventList"),
]


@pytest.mark.parametrize(("body", "field"), [case[1:] for case in BAD_CALLS], ids=[case[0] for case in BAD_CALLS])
def test_a_call_that_makes_no_sense_is_refused_as_a_whole(body: Any, field: str) -> None:
    """Nothing of it is accepted."""
    with pytest.raises(InvalidInputError) as refused:
        parse_submission(body, NOW_MS)
    assert refused.value.field == field


def test_twenty_one_events_are_told_how_many_are_too_many() -> None:
    """The answer says the limit and the number that came, not the events."""
    with pytest.raises(InvalidInputError, match="eventList: expected a list of 1 to 20 events, got '21 events'"):
        parsed(*[entry()] * 21)


def test_twenty_events_are_accepted() -> None:
    """The most that a call may hold."""
    assert len(parsed(*[entry(eventId=f"e{number}") for number in range(20)]).accepted) == 20


@pytest.mark.parametrize(("ahead_ms", "accepted"), [(CLOCK_AHEAD_MS, True), (CLOCK_AHEAD_MS + 1000, False)])
def test_a_clients_clock_may_be_an_hour_ahead(ahead_ms: int, accepted: bool) -> None:
    """And not more: a later event would hold up everybody's decay."""
    assert bool(parsed(entry(sentAt=(NOW_MS + ahead_ms) / 1000)).accepted) is accepted


def test_an_event_without_a_time_happened_now() -> None:
    """Our clock, where the client has none."""
    assert parsed(entry(sentAt=None)).accepted[0].occurred_at_ms == NOW_MS


def test_fractions_of_seconds_are_kept_to_the_millisecond() -> None:
    """Clients send seconds, the log holds milliseconds."""
    assert parsed(entry(sentAt=1795305599.9994)).accepted[0].occurred_at_ms == 1795305599999


def test_the_same_event_without_an_id_gets_the_same_id_again() -> None:
    """So that a call that is sent twice counts once."""
    first, second = (parsed(entry(eventId=None), session="s").accepted[0].event_id for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "other",
    [
        submission(entry(eventId=None, itemId="desk"), session="s"),
        submission(entry(eventId=None, eventType="cart"), session="s"),
        submission(entry(eventId=None, sentAt=NOW_MS / 1000 - 1), session="s"),
        submission(entry(eventId=None), session="t"),
        submission(entry(eventId=None)),
        submission(entry(eventId=None), session="s", user="bob"),
    ],
)
def test_another_event_without_an_id_gets_another_id(other: dict[str, Any]) -> None:
    """User, session, kind, item and time all count."""
    derived = parsed(entry(eventId=None), session="s").accepted[0].event_id
    assert parse_submission(other, NOW_MS).accepted[0].event_id != derived


def test_a_derived_id_never_changes() -> None:
    """Dedupe must hold across deployments."""
    derived = parsed(entry(eventId=None), session="s").accepted[0].event_id
    content = "\x1f".join(("ann", "s", "ItemViewed", "lamp", str(NOW_MS)))
    assert derived == event_tag(content).hex() == "7d17c141c12e"


def test_a_rejection_repeats_the_clients_own_id() -> None:
    """So that the client can tell which of its events it was; an id that cannot be sent back is left out."""
    ids = [entry(itemId="", eventId=event_id) for event_id in ("e7", "\ud800", 7, None)]
    assert [rejection.event_id for rejection in parsed(*ids, "text").rejected] == ["e7", None, None, None, None]


@pytest.mark.parametrize("word", ["null", "Undefined", "NaN", "(not set)", " ", "00000000-0000-0000-0000-000000000000"])
def test_a_word_for_none_is_no_id(word: str) -> None:
    """Taken as an id, it would make one user, one session or one event of many."""
    for name in ("user", "session"):
        with pytest.raises(InvalidInputError, match=f"{name}Id: expected an id, not a word for none"):
            parsed(entry(), **{name: word})
    for field in ("itemId", "eventId"):
        (rejection,) = parsed(entry(**{field: word})).rejected
        assert (rejection.error.field, rejection.error.expected) == (
            f"eventList[0].{field}",
            "an id, not a word for none",
        )


@pytest.mark.parametrize(
    "given", [{"shelf": "b-3", "tags": [1, 2.5, None, True]}, '{"shelf": "b-3", "tags": [1, 2.5, null, true]}']
)
def test_properties_are_kept_as_an_object_or_as_its_json(given: Any) -> None:
    """PutEvents has them as JSON in a string; the log keeps what they say."""
    (event,) = parsed(entry(properties=given)).accepted
    assert event.attributes["properties"] == {"shelf": "b-3", "tags": [1, 2.5, None, True]}
    (without,) = parsed(entry(properties=None)).accepted
    assert "properties" not in without.attributes


@pytest.mark.parametrize(
    "given",
    ["shelf", "[1]", "{", 7, [1], {"a": "x" * LONGEST_PROPERTIES}, '{"a": NaN}', {"a": "\ud800"}, {"a": float("inf")}],
)
def test_properties_that_cannot_be_kept_are_refused(given: Any) -> None:
    """Not dropped; the other events of the call are accepted."""
    found = parsed(entry(), entry(eventId="e2", properties=given))
    assert [event.event_id for event in found.accepted] == ["e1"]
    assert [(one.index, one.error.field) for one in found.rejected] == [(1, "eventList[1].properties")]
