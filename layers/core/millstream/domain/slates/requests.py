"""Validation of requests for recommendations, field by field: a body of POST, or the parameters of GET.

A new field is a field of RecommendationRequest, an entry of FIELDS, and a property in `infra/api/openapi.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from millstream.domain import fields
from millstream.domain.attributes import NO_ATTRIBUTES
from millstream.domain.catalogue.filter_text import parse_filter
from millstream.domain.catalogue.filters import Filter
from millstream.domain.declaration import NOTHING_DECLARED, Declaration
from millstream.domain.errors import InvalidInputError
from millstream.domain.log.positions import Position, parse_position
from millstream.domain.log.submissions import sent_at_ms
from millstream.domain.slates.slate import SeenItems

DEFAULT_ITEMS = 10
MOST_ITEMS = 100
MOST_CONTEXT = 20
MOST_EXCLUDED = 500

_SEEN_ITEMS = {policy.value: policy for policy in SeenItems}
_SWITCH = {"true": SeenItems.ALL, "false": SeenItems.NONE}


@dataclass(frozen=True, slots=True)
class RecommendationRequest:
    """A request. Without a user, nothing is known but the context.

    `context` are items that the user looks at or has in the cart now, the most important first; `exclude` are items
    that must not be in the answer. Without `exclude_seen`, the serving model's applies. `min_position` is the position
    that the answer should reflect (read your writes). `at_ms` is the time by which sessions end and purchases age;
    None: now. `attributes` are the codes of what the request says of the user and the situation.
    """

    user_id: str | None = None
    session_id: str | None = None
    context: tuple[str, ...] = ()
    n: int = DEFAULT_ITEMS
    exclude_seen: SeenItems | None = None
    exclude: tuple[str, ...] = ()
    filter: Filter = ()
    min_position: Position | None = None
    at_ms: int | None = None
    attributes: bytes = NO_ATTRIBUTES


def _count(body: Mapping[str, Any], name: str, _: int) -> int | None:
    return fields.optional_count(body, name, MOST_ITEMS)


def _seen(body: Mapping[str, Any], name: str, _: int) -> SeenItems:
    return _seen_items(name, body[name], _SEEN_ITEMS)


def _filter(body: Mapping[str, Any], name: str, _: int) -> Filter:
    text = body[name]
    if not isinstance(text, str):
        raise InvalidInputError(name, "a string", text)
    return parse_filter(text)


def _position(body: Mapping[str, Any], name: str, _: int) -> Position:
    text = body[name]
    if "userId" not in body:
        raise InvalidInputError(name, "no position without userId: positions belong to users", text)
    return parse_position(text if isinstance(text, str) else "", name)


def _ids(most: int) -> Callable[[Mapping[str, Any], str, int], tuple[str, ...]]:
    def ids(body: Mapping[str, Any], name: str, _: int) -> tuple[str, ...]:
        found = body[name]
        if not isinstance(found, list) or len(found) > most:
            got = f"{len(found)} items" if isinstance(found, list) else found
            raise InvalidInputError(name, f"a list of up to {most} item ids", got)
        return tuple(fields.required_id({f"{name}[{at}]": one}, f"{name}[{at}]") for at, one in enumerate(found))

    return ids


FIELDS: Mapping[str, tuple[str, Callable[[Mapping[str, Any], str, int], Any]]] = {
    "userId": ("user_id", lambda body, name, _: fields.required_id(body, name)),
    "sessionId": ("session_id", lambda body, name, _: fields.required_id(body, name)),
    "itemIds": ("context", _ids(MOST_CONTEXT)),
    "n": ("n", _count),
    "excludeSeen": ("exclude_seen", _seen),
    "exclude": ("exclude", _ids(MOST_EXCLUDED)),
    "filter": ("filter", _filter),
    "minPosition": ("min_position", _position),
    "sentAt": ("at_ms", lambda body, _, now_ms: sent_at_ms(body, now_ms)),
}
"""The fields of a body: the attribute of the request that each fills, and how it is read."""

ATTRIBUTES = "attributes"
"""The field that is read by the declaration of the deployment."""


def parse_request(body: object, now_ms: int, declared: Declaration = NOTHING_DECLARED) -> RecommendationRequest:
    """Check the body of `POST /recommendations`; null counts as absent. Raises InvalidInputError.

    `declared` are the attributes that a request may say.
    """
    given = {name: value for name, value in fields.mapping("body", body).items() if value is not None}
    unknown = sorted(set(given) - {*FIELDS, ATTRIBUTES})
    if unknown:
        raise InvalidInputError(unknown[0], f"one of the fields {', '.join([*FIELDS, ATTRIBUTES])}", given[unknown[0]])
    attributes = declared.encoded(given.pop(ATTRIBUTES)) if ATTRIBUTES in given else NO_ATTRIBUTES
    found = {FIELDS[name][0]: FIELDS[name][1](given, name, now_ms) for name in given}
    return RecommendationRequest(**found, attributes=attributes)


def parse_query(user_id: str, query: Mapping[str, str]) -> RecommendationRequest:
    """Check `GET /recommendations/{user}`. Raises InvalidInputError, also for an unknown parameter."""
    unknown = sorted(set(query) - {"n", "exclude_seen", "filter", "min_position"})
    if unknown:
        raise InvalidInputError(unknown[0], "one of the parameters n, exclude_seen, filter, min_position", unknown[0])
    position = query.get("min_position")
    return RecommendationRequest(
        fields.required_id({"user": user_id}, "user"),
        n=parse_count(query),
        exclude_seen=_seen_items("exclude_seen", query["exclude_seen"], _SEEN_ITEMS | _SWITCH)
        if "exclude_seen" in query
        else None,
        filter=parse_filter(query.get("filter", "")),
        min_position=None if position is None else parse_position(position),
    )


def parse_count(query: Mapping[str, str]) -> int:
    """The number of items requested. Raises InvalidInputError."""
    text = query.get("n", str(DEFAULT_ITEMS))
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and 1 <= int(text) <= MOST_ITEMS):
        raise InvalidInputError("n", f"a whole number from 1 to {MOST_ITEMS}", text)
    return int(text)


def _seen_items(field: str, text: object, words: Mapping[str, SeenItems]) -> SeenItems:
    if not isinstance(text, str) or text not in words:
        raise InvalidInputError(field, "one of " + ", ".join(words), text)
    return words[text]
