"""Validation of the body of `PUT /items`: one item or a list, checked field by field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from millstream.domain import fields
from millstream.domain.catalogue.items import AttributeValue, Item, Texts
from millstream.domain.errors import InvalidInputError
from millstream.domain.log.submissions import NO_IDS, named_id

FIELDS = ("itemId", "name", "category", "price", "description", "available", "attributes")
MOST_ITEMS = 100
LONGEST_NAME = 500
LONGEST_DESCRIPTION = 5000
MOST_ATTRIBUTES = 50
MOST_TEXTS = 50
SMALLEST_PRICE, LARGEST_PRICE = 1e-6, 1e15
"""Beyond these bounds a double cannot represent cents; DynamoDB's numbers end at 1e-130 and 1e126."""


LARGEST_ITEM_BYTES = 128 * 1024
"""Of an item as JSON in UTF-8, so that its row stays below the 400 KB of DynamoDB."""


def parse_publication(body: object) -> tuple[Item, ...]:
    """The items of one call. Raises InvalidInputError if any of them is invalid."""
    call = fields.mapping("body", body)
    if "items" in call:
        fields.only(call, ("items",))
    entries = call.get("items", [call])
    if not isinstance(entries, list) or not 1 <= len(entries) <= MOST_ITEMS:
        got = f"{len(entries)} items" if isinstance(entries, list) else entries
        raise InvalidInputError("items", f"a list of 1 to {MOST_ITEMS} items", got)
    items = tuple(_item(entry, f"items[{index}].") for index, entry in enumerate(entries))
    if len({item.item_id for item in items}) < len(items):
        raise InvalidInputError("items", "each itemId once", [item.item_id for item in items])
    return items


def as_published(item: Item) -> dict[str, Any]:
    """The item in the fields of a publication; those that it does not have are absent."""
    described = {name: value for name, value in asdict(item).items() if value is not None}
    return {"itemId": described.pop("item_id"), **described}


def patched(item: Item, patch: object) -> Item:
    """The item with the fields of a JSON merge patch: null removes a field or an attribute. Raises InvalidInputError.

    Source: https://datatracker.ietf.org/doc/html/rfc7396
    """
    changes = fields.mapping("body", patch)
    if not changes:
        raise InvalidInputError("body", "at least one field", patch)
    if changes.get("itemId", item.item_id) != item.item_id:
        raise InvalidInputError("itemId", "no other id than that of the path", changes["itemId"])
    attributes = changes.get("attributes")
    if isinstance(attributes, dict):
        changes = {**changes, "attributes": _merged(item.attributes, attributes)}
    return _item(_merged(as_published(item), changes), "")


def _merged(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**values, **changes}.items() if value is not None}


def _item(entry: object, prefix: str) -> Item:
    item = fields.mapping(prefix.rstrip("."), entry)
    fields.only(item, FIELDS, prefix)
    item_id = named_id(item, "itemId", NO_IDS, prefix)
    found = Item(
        item_id,
        fields.optional_text(item, "name", LONGEST_NAME, prefix) or item_id,
        _texts(item, "category", prefix),
        _price(item, prefix),
        fields.optional_text(item, "description", LONGEST_DESCRIPTION, prefix),
        fields.optional_flag(item, "available", True, prefix),
        _attributes(item, prefix),
    )
    size = len(json.dumps(as_published(found), ensure_ascii=False).encode())
    if size > LARGEST_ITEM_BYTES:
        raise InvalidInputError(
            prefix.rstrip(".") or "item", f"at most {LARGEST_ITEM_BYTES} bytes as JSON", f"{size} bytes"
        )
    return found


def _texts(of: Mapping[str, Any], name: str, prefix: str) -> Texts | None:
    """A text, or a list of texts; None if absent."""
    value = of.get(name)
    if not isinstance(value, list):
        return fields.optional_text(of, name, LONGEST_NAME, prefix)
    if len(value) > MOST_TEXTS:
        raise InvalidInputError(prefix + name, f"up to {MOST_TEXTS} strings", f"{len(value)}")
    for place, text in enumerate(value):
        at = f"{name}[{place}]"
        if not isinstance(text, str):
            raise InvalidInputError(prefix + at, "a string", text)
        fields.optional_text({at: text}, at, LONGEST_NAME, prefix)
    return value


def _price(item: Mapping[str, Any], prefix: str) -> float | None:
    price = fields.optional_number(item, "price", prefix)
    if price and not SMALLEST_PRICE <= abs(price) <= LARGEST_PRICE:
        raise InvalidInputError(prefix + "price", f"0 or a number of {SMALLEST_PRICE:g} to {LARGEST_PRICE:g}", price)
    return price


def _attributes(item: Mapping[str, Any], prefix: str) -> dict[str, AttributeValue]:
    attributes = fields.mapping(prefix + "attributes", item.get("attributes", {}))
    if len(attributes) > MOST_ATTRIBUTES:
        raise InvalidInputError(prefix + "attributes", f"up to {MOST_ATTRIBUTES} attributes", f"{len(attributes)}")
    for name in attributes:
        fields.required_id({"name": name}, "name", prefix + "attributes: ")
    return {name: _attribute(attributes, name, prefix + "attributes.") for name in attributes}


def _attribute(attributes: Mapping[str, Any], name: str, prefix: str) -> AttributeValue:
    value = attributes[name]
    if isinstance(value, bool):
        return value
    if isinstance(value, (str, list)):
        texts = _texts(attributes, name, prefix)
        return "" if texts is None else texts
    number = fields.optional_number(attributes, name, prefix)
    if number is None:
        raise InvalidInputError(prefix + name, "a string, a list of strings, a number, true or false", value)
    return number
