"""The number that every stored form carries.

A form is read by its number, whatever code wrote it: old forms mean what they meant, and what only newer code knows is
refused by one kind of error, which each reader can count and pass over. To change a form, write the next number, keep
the reader of the one before, and keep its golden bytes (tests/README.md).
"""

from __future__ import annotations

from millstream.domain.errors import InvalidRecordError, UnknownFormatError

UNNUMBERED = 1
"""The format of what was stored before its form had a number."""


def check_format(form: str, got: object, newest: int) -> int:
    """The number, if this code can read it.

    Raises UnknownFormatError for a number that only newer code knows, InvalidRecordError for what is no format at all.
    """
    field, expected = f"{form}: format", "1" if newest == 1 else f"1 to {newest}"
    if isinstance(got, bool) or not isinstance(got, int) or got < 1:
        raise InvalidRecordError(field, expected, got)
    if got > newest:
        raise UnknownFormatError(field, expected, got)
    return got
