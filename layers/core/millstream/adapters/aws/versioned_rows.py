"""Rows with a packed state (`s`) and a version (`v`), of which each write expects one."""

from __future__ import annotations

from typing import Any

from millstream.application.ports import VersionedRow

UNREADABLE = b"\0"
"""No format has the number 0."""

NO_VERSION = -1
"""Of a row whose version cannot be read; the next write of a trend gives it version 1."""


def at_version(version: int) -> dict[str, Any]:
    """The condition that a row has a version; version 0 means no row."""
    if not version:
        return {"ConditionExpression": "attribute_not_exists(v)"}
    if version == NO_VERSION:
        return {
            "ConditionExpression": "NOT attribute_type(v, :number) OR v < :first",
            "ExpressionAttributeValues": {":number": {"S": "N"}, ":first": {"N": "1"}},
        }
    values = {":expected": {"N": str(version)}}
    return {"ConditionExpression": "v = :expected", "ExpressionAttributeValues": values}


def versioned_row(item: dict[str, Any]) -> VersionedRow:
    """The row; one whose attributes are missing or of other types has bytes that nobody can unpack."""
    try:
        data = bytes(item["s"]["B"]) or UNREADABLE
    except (KeyError, TypeError, ValueError):
        data = UNREADABLE
    version = _version(item)
    return VersionedRow(version, UNREADABLE if version == NO_VERSION else data)


def _version(item: dict[str, Any]) -> int:
    try:
        version = int(item["v"]["N"])
    except (KeyError, TypeError, ValueError):
        return NO_VERSION
    return version if version > 0 else NO_VERSION
