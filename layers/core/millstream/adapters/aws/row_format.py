"""The format number of a DynamoDB row, stored as an attribute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from millstream.domain.errors import InvalidInputError, InvalidRecordError
from millstream.domain.formats import UNNUMBERED, check_format

FORMAT = "format"


@contextmanager
def unreadable_as(what: str, expected: str, got: object) -> Iterator[None]:
    """Raise InvalidRecordError for attributes that are missing, of another type, or no JSON."""
    try:
        yield
    except InvalidRecordError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, InvalidInputError) as error:
        raise InvalidRecordError(what, expected, got) from error


def of_format(number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    """Add the format number to a row."""
    return {**row, FORMAT: {"N": str(number)}}


def check_row(form: str, row: Mapping[str, Any], newest: int) -> int:
    """The format number of a row, 1 if it has none. Raises UnknownFormatError."""
    got = row.get(FORMAT, {"N": str(UNNUMBERED)})
    return check_format(form, int(got["N"]) if "N" in got else got, newest)
