"""Read ids of users, items, sessions and events, so that two of them never become one."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from millstream.domain.errors import InvalidInputError
from millstream_tools.tables.parquet_numbers import Single

EXACT = 2**53
"""From here on, different whole numbers are the same float of 64 bits."""

EXACT_SINGLE = 2**24
"""The same for floats of 32 bits."""

TRIMMED = "ids had blanks around them, which were cut"

_WHOLE = re.compile(r"(-?\d+)\.0+")
_ROUNDED = re.compile(r"-?\d(?:\.\d+)?[eE]\+\d+")


class Blank(NamedTuple):
    """Which cells count as absent: these texts, and these words in any case (in lower case here)."""

    missing: Collection[str]
    words: Collection[str]


class IdColumn:
    """A column of ids: text without blanks around it, and numbers as people write them.

    `whole` says whether `17.0` is `17`. If it is None, the first cell of each file that is a number decides: a file
    that has both forms is ambiguous, and the cells of the other form are rejected. Cut blanks are counted in `notes`.
    """

    def __init__(self, place: int, field: str, whole: bool | None, blank: Blank, notes: Counter[str]) -> None:
        self._place = place
        self._field = field
        self._told = whole
        self._whole = whole
        self._missing, self._words = blank
        self._notes = notes

    def begin_file(self) -> None:
        """Forget how the numbers of the previous file were written."""
        self._whole = self._told

    def __call__(self, cells: Sequence[Any]) -> Any:
        """The id; None if absent; the cell itself if it is none, for the validation to reject."""
        cell = cells[self._place]
        if isinstance(cell, str):
            return self._text(cell)
        if isinstance(cell, float):
            return self._float(cell)
        if isinstance(cell, Decimal) and cell.is_finite() and cell == cell.to_integral_value():
            return str(int(cell))
        return str(cell) if isinstance(cell, int | Decimal) and not isinstance(cell, bool) else cell

    def _text(self, cell: str) -> str | None:
        if cell in self._missing or (self._words and cell.strip().lower() in self._words):
            return None
        # Two comparisons instead of a copy for nearly all cells.
        if cell[:1].isspace() or cell[-1:].isspace():
            cell = cell.strip()
            self._notes[TRIMMED] += 1
            if cell in self._missing:
                return None
        if cell[-1:].isdigit() and self._told is not False:
            return self._digits(cell)
        return cell

    def _digits(self, cell: str) -> str:
        """An id that ends in a digit: perhaps a number that a program wrote as 17.0 or as 1.23457E+15."""
        if cell.isdecimal():
            if self._whole is None:
                self._whole = False
            elif self._whole and self._told is None:
                raise self._mixed(cell)
            return cell
        if match := _WHOLE.fullmatch(cell):
            if self._whole is None:
                self._whole = True
            elif not self._whole:
                raise self._mixed(cell)
            if abs(int(match[1])) >= EXACT:
                raise self._inexact(cell)
            return match[1]
        if _ROUNDED.fullmatch(cell):
            raise self._inexact(cell)
        return cell

    def _float(self, cell: float) -> Any:
        if math.isnan(cell):  # as some write nothing
            return None
        if not math.isfinite(cell):
            return cell
        if abs(cell) >= (EXACT_SINGLE if isinstance(cell, Single) else EXACT):
            raise self._inexact(cell)
        return str(int(cell)) if cell.is_integer() else str(cell)

    def _inexact(self, cell: object) -> InvalidInputError:
        return InvalidInputError(
            self._field, "an id with all its digits: export the column as text or whole numbers", cell
        )

    def _mixed(self, cell: str) -> InvalidInputError:
        expected = "ids written alike, as 17 or as 17.0 (if both are the same id: --whole-numbers)"
        return InvalidInputError(self._field, expected, cell)
