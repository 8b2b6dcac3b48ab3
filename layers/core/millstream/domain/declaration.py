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
from typing import NamedTuple

from millstream.domain import fields
from millstream.domain.attributes import FORGOTTEN, MOST_ATTRIBUTES, MOST_CODE, joined
from millstream.domain.errors import InvalidInputError, shown_name


class Attribute(NamedTuple):
    """A declared attribute: its place among the codes, from 0, and the code of each value."""

    place: int
    codes: Mapping[str, int]


@dataclass(frozen=True)
class Declaration:
    """The declared attributes by name."""

    attributes: Mapping[str, Attribute] = field(default_factory=lambda: MappingProxyType({}))

    def encoded(self, said: object) -> bytes:
        """The codes of an object of attributes, a value or null each: null means that it is no longer known.

        Raises InvalidInputError for what is not declared.
        """
        codes = [0] * MOST_ATTRIBUTES
        for name, value in fields.mapping("attributes", said).items():
            declared = self.attributes.get(name)
            if declared is None:
                names = ", ".join(self.attributes)
                expected = f"one of the declared attributes {names}" if names else "none declared"
                raise InvalidInputError(f"attributes.{shown_name(name)}", expected, value)
            if value is not None and (not isinstance(value, str) or value not in declared.codes):
                expected = f"one of the declared values {', '.join(declared.codes)}"
                raise InvalidInputError(f"attributes.{name}", expected, value)
            codes[declared.place] = FORGOTTEN if value is None else declared.codes[value]
        return joined(codes)


NOTHING_DECLARED = Declaration()


@lru_cache(8)
def parse_declaration(text: str) -> Declaration:
    """Read a declaration; an empty text declares nothing. Raises InvalidInputError."""
    if not text.strip():
        return NOTHING_DECLARED
    try:
        said = json.loads(text, object_pairs_hook=fields.names_once)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("attributes", f"a JSON object of declared attributes ({error})", text) from None
    attributes: dict[str, Attribute] = {}
    for name, one in fields.mapping("attributes", said).items():
        fields.required_id({"name": name}, "name", "attributes: ")
        declared = fields.mapping(f"attributes.{name}", one)
        fields.only(declared, ("number", "values"), f"attributes.{name}.")
        place = _number(declared.get("number"), MOST_ATTRIBUTES, f"attributes.{name}.number") - 1
        if any(place == other.place for other in attributes.values()):
            raise InvalidInputError(f"attributes.{name}.number", "a number that no other attribute has", place + 1)
        attributes[name] = Attribute(place, _values(declared.get("values"), f"attributes.{name}.values"))
    return Declaration(attributes)


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
