"""Codes of attributes: what is known of a user and the situation, as the log and the rows store it.

A declaration (domain/declaration.py) gives each value of an attribute its code.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct

from millstream.domain.errors import InvalidInputError

MOST_ATTRIBUTES = 8
MOST_CODE = 0xFFFE
FORGOTTEN = 0xFFFF
"""In a record: the attribute is no longer known."""

_CODES = Struct(f">{MOST_ATTRIBUTES}H")
ATTRIBUTE_BYTES = _CODES.size
"""Eight codes of two bytes, the code of attribute k at place k - 1; 0 means unknown, or nothing said."""

NO_ATTRIBUTES = bytes(ATTRIBUTE_BYTES)
UNKNOWN = (0,) * MOST_ATTRIBUTES


def merged(known: bytes, said: bytes) -> bytes:
    """What is known after a record that says something: its codes, and the known ones where it says nothing."""
    if said == NO_ATTRIBUTES:
        return known
    pairs = zip(codes_of(known), codes_of(said), strict=True)
    return joined([0 if new == FORGOTTEN else new or old for old, new in pairs])


def joined(codes: Sequence[int]) -> bytes:
    """Eight codes as bytes."""
    return _CODES.pack(*codes)


def codes_of(codes: bytes) -> tuple[int, ...]:
    """Eight codes as numbers."""
    return _CODES.unpack(codes)


def packed(codes: object, name: str) -> bytes:
    """The inverse of `codes_of`, of untrusted JSON. Raises InvalidInputError."""
    if not isinstance(codes, list) or len(codes) != MOST_ATTRIBUTES or not all(map(_is_code, codes)):
        raise InvalidInputError(name, f"{MOST_ATTRIBUTES} codes from 0 to {FORGOTTEN}", codes)
    return joined(codes)


def _is_code(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= FORGOTTEN
