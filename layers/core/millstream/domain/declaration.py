"""The declaration of attributes of users and their situation: their names and values, and the codes that are stored.

A deployment declares up to eight attributes (device, country, plan, ...) and the values of each, as JSON:

    {"device": {"number": 1, "values": {"desktop": 1, "mobile": 2}},
     "country": {"number": 2, "values": {"AT": 1, "DE": 2}}}

The numbers are what the log, rows and models store, like the field numbers of Protocol Buffers: give a new value a new
number, and never give a number another meaning (https://protobuf.dev/programming-guides/proto3/#assigning).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from millstream.domain import fields
from millstream.domain.attributes import FORGOTTEN, MOST_ATTRIBUTES, MOST_CODE, codes_of, joined
from millstream.domain.errors import InvalidInputError, shown_name


@dataclass(frozen=True)
class Declaration:
    """The declared attributes: the code of each value, by attribute; and the place of each attribute, from 0."""

    places: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    codes: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))

    def encoded(self, said: object, name: str = "attributes") -> bytes:
        """The codes of an object of attributes, a value or null each: null means that it is no longer known.

        Raises InvalidInputError for what is not declared.
        """
        codes = [0] * MOST_ATTRIBUTES
        for attribute, value in fields.mapping(name, said).items():
            if attribute not in self.places:
                expected = (
                    f"one of the declared attributes {', '.join(self.places)}" if self.places else "none declared"
                )
                raise InvalidInputError(f"{name}.{shown_name(attribute)}", expected, value)
            known = self.codes[attribute]
            if value is not None and (not isinstance(value, str) or value not in known):
                raise InvalidInputError(f"{name}.{attribute}", f"one of the declared values {', '.join(known)}", value)
            codes[self.places[attribute]] = FORGOTTEN if value is None else known[value]
        return joined(codes)

    def decoded(self, codes: bytes) -> dict[str, str | None]:
        """The values of codes, None where the attribute is to be forgotten; codes that are not declared as numbers."""
        found: dict[str, str | None] = {}
        for place, code in enumerate(codes_of(codes)):
            if code:
                attribute = self._names.get(place, f"attribute {place + 1}")
                values = {one: value for value, one in self.codes.get(attribute, {}).items()}
                found[attribute] = None if code == FORGOTTEN else values.get(code, str(code))
        return found

    @property
    def _names(self) -> dict[int, str]:
        return {place: name for name, place in self.places.items()}


NOTHING_DECLARED = Declaration()


@lru_cache(8)
def parse_declaration(text: str) -> Declaration:
    """Read a declaration; an empty text declares nothing. Raises InvalidInputError."""
    if not text.strip():
        return NOTHING_DECLARED
    try:
        said = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("attributes", f"a JSON object of declared attributes ({error})", text) from None
    places: dict[str, int] = {}
    codes: dict[str, Mapping[str, int]] = {}
    for name, one in fields.mapping("attributes", said).items():
        fields.required_id({"name": name}, "name", "attributes: ")
        declared = fields.mapping(f"attributes.{name}", one)
        fields.only(declared, ("number", "values"), f"attributes.{name}.")
        place = _number(declared.get("number"), MOST_ATTRIBUTES, f"attributes.{name}.number") - 1
        if place in places.values():
            raise InvalidInputError(f"attributes.{name}.number", "a number that no other attribute has", place + 1)
        places[name], codes[name] = place, _values(declared.get("values"), f"attributes.{name}.values")
    return Declaration(places, codes)


def _values(said: object, name: str) -> Mapping[str, int]:
    values = fields.mapping(name, said)
    if not values:
        raise InvalidInputError(name, "at least one value with its number", said)
    found: dict[str, int] = {}
    for value, code in values.items():
        fields.required_id({"value": value}, "value", f"{name}: ")
        found[value] = _number(code, MOST_CODE, f"{name}.{value}")
    if len(set(found.values())) < len(found):
        raise InvalidInputError(name, "a number of its own for each value", said)
    return found


def _number(value: object, most: int, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise InvalidInputError(name, f"a whole number from 1 to {most}", value)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, without names that are given twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is given twice")
    return found
