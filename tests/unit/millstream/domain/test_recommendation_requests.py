"""POST /recommendations: fields; GET /recommendations/{user}: parameters."""

from __future__ import annotations

import pytest

from millstream.domain.catalogue.filters import Condition
from millstream.domain.errors import InvalidInputError
from millstream.domain.log.positions import Position
from millstream.domain.slates.requests import FIELDS, RecommendationRequest, parse_count, parse_query, parse_request
from millstream.domain.slates.slate import SeenItems
from tests.builders import NOW_MS


def test_a_request_without_parameters_has_the_defaults() -> None:
    """Ten items, none of the session's, no filter, no position."""
    assert parse_query("ann", {}) == RecommendationRequest("ann")
    assert parse_request({"userId": "ann"}, NOW_MS) == RecommendationRequest("ann")
    assert parse_request({}, NOW_MS) == RecommendationRequest(None, None, (), 10, None, (), (), None, None)


def test_every_parameter_is_read() -> None:
    """All four of them."""
    query = {
        "n": "25",
        "exclude_seen": "purchased",
        "filter": "category=Toys,price<20",
        "min_position": "shardId-000000000001:7",
    }
    assert parse_query("ann", query) == RecommendationRequest(
        "ann",
        n=25,
        exclude_seen=SeenItems.PURCHASED,
        filter=(Condition("category", "=", ("Toys",)), Condition("price", "<", ("20",))),
        min_position=Position("shardId-000000000001", 7),
    )


BODY = {
    "userId": "ann",
    "sessionId": "visit-7",
    "itemIds": ["lamp", "desk"],
    "n": 25,
    "excludeSeen": "purchased",
    "exclude": ["vase"],
    "filter": "category=Toys,price<20",
    "minPosition": "shardId-000000000001:7",
    "sentAt": 1_700_000_000.25,
}


def test_every_field_of_a_body_is_read() -> None:
    """Null counts as absent."""
    assert set(BODY) == set(FIELDS)
    assert parse_request(BODY, NOW_MS) == RecommendationRequest(
        "ann",
        "visit-7",
        ("lamp", "desk"),
        25,
        SeenItems.PURCHASED,
        ("vase",),
        (Condition("category", "=", ("Toys",)), Condition("price", "<", ("20",))),
        Position("shardId-000000000001", 7),
        1_700_000_000_250,
    )
    assert parse_request(dict.fromkeys(FIELDS), NOW_MS) == RecommendationRequest()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"userId": ""}, "userId"),
        ({"userId": 7}, "userId"),
        ({"sessionId": ["visit"]}, "sessionId"),
        ({"itemIds": "lamp"}, "itemIds"),
        ({"itemIds": ["lamp", 7]}, "itemIds[1]"),
        ({"itemIds": ["lamp"] * 21}, "itemIds"),
        ({"exclude": ["lamp"] * 501}, "exclude"),
        ({"exclude": [""]}, "exclude[0]"),
        ({"n": 0}, "n"),
        ({"n": 101}, "n"),
        ({"n": "10"}, "n"),
        ({"n": True}, "n"),
        ({"excludeSeen": "true"}, "excludeSeen"),
        ({"excludeSeen": ["session"]}, "excludeSeen"),
        ({"filter": "price"}, "filter"),
        ({"filter": {"price": 20}}, "filter"),
        ({"minPosition": "7"}, "minPosition"),
        ({"minPosition": 7}, "minPosition"),
        ({"minPosition": "shardId-000000000001:7", "userId": None}, "minPosition"),
        ({"sentAt": "now"}, "sentAt"),
        ({"sentAt": NOW_MS / 1000 + 4_000}, "sentAt"),
        ({"deadlineMs": 50}, "deadlineMs"),
        ({"userID": "ann"}, "userID"),
    ],
)
def test_a_bad_field_is_refused_by_its_name(changed: dict[str, object], field: str) -> None:
    """An unknown one too."""
    with pytest.raises(InvalidInputError) as refused:
        parse_request(BODY | changed, NOW_MS)
    assert refused.value.field == field


@pytest.mark.parametrize("body", [None, [], "ann", 7])
def test_a_body_is_an_object(body: object) -> None:
    """And nothing else."""
    with pytest.raises(InvalidInputError, match="body: expected an object"):
        parse_request(body, NOW_MS)


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("none", SeenItems.NONE),
        ("session", SeenItems.SESSION),
        ("purchased", SeenItems.PURCHASED),
        ("all", SeenItems.ALL),
        ("true", SeenItems.ALL),
        ("false", SeenItems.NONE),
    ],
)
def test_each_word_for_seen_items_has_its_policy(text: str, policy: SeenItems) -> None:
    """With true and false for those who think of a switch."""
    assert parse_query("ann", {"exclude_seen": text}).exclude_seen is policy


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"n": "0"}, "n"),
        ({"n": "101"}, "n"),
        ({"n": "-1"}, "n"),
        ({"n": "1.0"}, "n"),
        ({"n": "٣"}, "n"),
        ({"n": ""}, "n"),
        ({"n": "9" * 5000}, "n"),
        ({"exclude_seen": "True"}, "exclude_seen"),
        ({"exclude_seen": ""}, "exclude_seen"),
        ({"filter": "price"}, "filter"),
        ({"filter": "price<20,"}, "filter"),
        ({"min_position": ""}, "min_position"),
        ({"min_position": "7"}, "min_position"),
        ({"N": "5"}, "N"),
        ({"n": "5", "limit": "5"}, "limit"),
    ],
)
def test_a_bad_parameter_is_refused_by_its_name(query: dict[str, str], field: str) -> None:
    """One that nobody knows too: a filter with a typing error must not be ignored."""
    with pytest.raises(InvalidInputError) as refused:
        parse_query("ann", query)
    assert refused.value.field == field


@pytest.mark.parametrize("user", ["", "x" * 257, "\ud800"])
def test_a_bad_user_is_refused(user: str) -> None:
    """The same rule as for the user of an event."""
    with pytest.raises(InvalidInputError, match="user: expected a string of 1 to 256 characters"):
        parse_query(user, {})


@pytest.mark.parametrize("n", [1, 100])
def test_a_slate_has_1_to_100_places(n: int) -> None:
    """Both ends of the range."""
    assert parse_count({"n": str(n)}) == n
