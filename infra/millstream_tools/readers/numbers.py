"""Read numbers of files: prices, ratings, numbers of pieces."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import Any

_COMMA = re.compile(r"[+-]?\d+(?:[. '\u00a0\u202f]\d{3})*,\d+")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:\.\d{3}){2,}|[+-]?\d{1,3}(?:[ '\u00a0\u202f]\d{3})+")
_MARKS = re.compile(r"[. '\u00a0\u202f]")
_AMBIGUOUS = re.compile(r"[+-]?\d{1,3}\.\d{3}")


def number_of(cell: Any, missing: Collection[str]) -> Any:
    """A number, None for an empty cell, or the cell itself if it is neither, for the validation to reject."""
    if isinstance(cell, str):
        if cell in missing:
            return None
        try:
            cell = float(cell)
        except ValueError:
            return cell
    if cell is None or isinstance(cell, bool):
        return cell
    try:
        number = float(cell)
    except (ValueError, TypeError, OverflowError):
        return cell
    if math.isnan(number):  # as some write nothing
        return None
    return int(number) if number.is_integer() else number


def number_with_comma(cell: Any, missing: Collection[str]) -> Any:
    """The same where the comma is before the decimals: 1.234,50 or 1 234,5 or 1234,5; also 1234.50.

    A text like 1.234 may be either number, and is returned as it is.
    """
    if isinstance(cell, str) and cell not in missing:
        cell = cell.strip()
        if _COMMA.fullmatch(cell) or _GROUPED.fullmatch(cell):
            cell = _MARKS.sub("", cell).replace(",", ".")
        elif _AMBIGUOUS.fullmatch(cell):
            return cell
    return number_of(cell, missing)
