"""GET /recommendations/{user}: parameters."""

from __future__ import annotations

import pytest

from millstream.domain.catalogue.filters import Condition
from millstream.domain.errors import InvalidInputError
from millstream.domain.log.positions import Position
from millstream.domain.slates.requests import RecommendationRequest, parse_count, parse_request
from millstream.domain.slates.slate import SeenItems


def test_a_request_without_parameters_has_the_defaults() -> None:
    """Ten items, none of the session's, no filter, no position."""
    assert parse_request("ann", {}) == RecommendationRequest("ann", 10, SeenItems.SESSION, (), None)


def test_every_parameter_is_read() -> None:
    """All four of them."""
    query = {
        "n": "25",
        "exclude_seen": "purchased",
        "filter": "category=Toys,price<20",
        "min_position": "shardId-000000000001:7",
    }
    assert parse_request("ann", query) == RecommendationRequest(
        "ann",
        25,
        SeenItems.PURCHASED,
        (Condition("category", "=", ("Toys",)), Condition("price", "<", ("20",))),
        Position("shardId-000000000001", 7),
    )


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
    assert parse_request("ann", {"exclude_seen": text}).exclude_seen is policy


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
        parse_request("ann", query)
    assert refused.value.field == field


@pytest.mark.parametrize("user", ["", "x" * 257, "\ud800"])
def test_a_bad_user_is_refused(user: str) -> None:
    """The same rule as for the user of an event."""
    with pytest.raises(InvalidInputError, match="user: expected a string of 1 to 256 characters"):
        parse_request(user, {})


@pytest.mark.parametrize("n", [1, 100])
def test_a_slate_has_1_to_100_places(n: int) -> None:
    """Both ends of the range."""
    assert parse_count({"n": str(n)}) == n
