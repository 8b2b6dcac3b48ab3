"""The format of a row whose attributes are DynamoDB's own: an attribute of the row, a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from millstream.domain.formats import UNNUMBERED, check_format

FORMAT = "format"


def of_format(number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its number."""
    return {**row, FORMAT: {"N": str(number)}}


def check_row(form: str, row: Mapping[str, Any], newest: int) -> int:
    """The number of a row; rows without one are of format 1. Raises UnknownFormatError."""
    got = row.get(FORMAT, {"N": str(UNNUMBERED)})
    return check_format(form, int(got["N"]) if "N" in got else got, newest)
