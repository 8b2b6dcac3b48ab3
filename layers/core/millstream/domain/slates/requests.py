"""Validation of `GET /recommendations/{user}`, parameter by parameter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from millstream.domain import fields
from millstream.domain.catalogue.filter_text import parse_filter
from millstream.domain.catalogue.filters import Filter
from millstream.domain.errors import InvalidInputError
from millstream.domain.log.positions import Position, parse_position
from millstream.domain.slates.slate import SeenItems

DEFAULT_ITEMS = 10
MOST_ITEMS = 100

_SEEN_ITEMS = {**{policy.value: policy for policy in SeenItems}, "true": SeenItems.ALL, "false": SeenItems.NONE}


@dataclass(frozen=True, slots=True)
class RecommendationRequest:
    """A request; `min_position` is the position that the answer should reflect (read your writes)."""

    user_id: str
    n: int = DEFAULT_ITEMS
    exclude_seen: SeenItems = SeenItems.SESSION
    filter: Filter = ()
    min_position: Position | None = None


def parse_request(user_id: str, query: Mapping[str, str]) -> RecommendationRequest:
    """Check a request. Raises InvalidInputError, also for an unknown parameter."""
    unknown = sorted(set(query) - {"n", "exclude_seen", "filter", "min_position"})
    if unknown:
        raise InvalidInputError(unknown[0], "one of the parameters n, exclude_seen, filter, min_position", unknown[0])
    position = query.get("min_position")
    return RecommendationRequest(
        fields.required_id({"user": user_id}, "user"),
        parse_count(query),
        _seen_items(query.get("exclude_seen", SeenItems.SESSION)),
        parse_filter(query.get("filter", "")),
        None if position is None else parse_position(position),
    )


def parse_count(query: Mapping[str, str]) -> int:
    """The number of items requested. Raises InvalidInputError."""
    text = query.get("n", str(DEFAULT_ITEMS))
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and 1 <= int(text) <= MOST_ITEMS):
        raise InvalidInputError("n", f"a whole number from 1 to {MOST_ITEMS}", text)
    return int(text)


def _seen_items(text: str) -> SeenItems:
    if text not in _SEEN_ITEMS:
        raise InvalidInputError("exclude_seen", "one of " + ", ".join(_SEEN_ITEMS), text)
    return _SEEN_ITEMS[text]
