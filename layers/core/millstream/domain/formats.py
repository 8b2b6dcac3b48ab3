"""The format number of every stored form.

Stored bytes are read by their format number. Old formats keep their meaning; a format of newer code raises
UnknownFormatError, which readers can count and skip. To change a form, write the next number, keep the reader of the
previous one, and keep its golden bytes (tests/README.md).
"""

from __future__ import annotations

from millstream.domain.errors import InvalidRecordError, UnknownFormatError

UNNUMBERED = 1
"""The format of data that was stored before its form had a number."""


def check_format(form: str, got: object, newest: int) -> int:
    """Return the format number if this code can read it.

    Raises UnknownFormatError for the number of a newer format, InvalidRecordError for anything else.
    """
    field, expected = f"{form}: format", "1" if newest == 1 else f"1 to {newest}"
    if isinstance(got, bool) or not isinstance(got, int) or got < 1:
        raise InvalidRecordError(field, expected, got)
    if got > newest:
        raise UnknownFormatError(field, expected, got)
    return got
