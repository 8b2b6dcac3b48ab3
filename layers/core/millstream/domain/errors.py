"""The error tree, grouped by what the caller can do.

    MillstreamError
    ├── InvalidInputError      the caller must change the request          HTTP 400
    │   └── InvalidRecordError stored bytes cannot be decoded              dead-letter queue; HTTP 500
    │       └── UnknownFormatError stored by newer code: deploy that code, or rebuild what is derived from the log
    ├── NotFoundError          the named thing does not exist              HTTP 404
    ├── ConflictError          a concurrent change: read again, retry      HTTP 409
    │   ├── KeyCollisionError  two item ids share a key: rename one        HTTP 409
    │   └── ViewClosedError    the view was replaced: write to its successor
    ├── ConfigurationError     this installation is incomplete             HTTP 500
    └── UnavailableError       try the same thing again later              HTTP 503
        ├── NotDoneError       the time budget ended: call again to continue
        └── NotAllStoredError  some records were stored: append the others HTTP 503

`NotAllStoredError` is in `application.ports`.
"""

from __future__ import annotations

import json
import re
from types import NoneType


class MillstreamError(Exception):
    """Base class of all errors that Millstream raises."""


class InvalidInputError(MillstreamError):
    """An invalid value: `field` names it, `expected` describes a valid one, `got` is the actual one."""

    def __init__(self, field: str, expected: str, got: object) -> None:
        self.field = field
        self.expected = expected
        self.got = shown(got)
        super().__init__(f"{field}: expected {expected}, got {self.got}")


class InvalidRecordError(InvalidInputError):
    """Stored bytes (a log record, a row) cannot be decoded. Retrying does not help."""


class UnknownFormatError(InvalidRecordError):
    """Stored bytes have a format that this code does not know, because newer code wrote them."""


class ConfigurationError(MillstreamError):
    """Something that the installation must set is missing; no caller can mend that."""


class NotFoundError(MillstreamError):
    """The named thing does not exist."""


class ConflictError(MillstreamError):
    """The row changed since it was read."""


class KeyCollisionError(ConflictError):
    """An item id hashes to the key of another item id."""

    def __init__(self, item_id: str, other_id: str) -> None:
        self.item_id = item_id
        self.other_id = other_id
        super().__init__(f"itemId {item_id!r} has the same key as {other_id!r}: publish it under another id")


class ViewClosedError(ConflictError):
    """Another version of the views serves now; this one accepts no more events."""


class UnavailableError(MillstreamError):
    """A store or a stream did not accept the call; the same call may succeed later."""


class NotDoneError(UnavailableError):
    """The time budget ended before the work. Finished parts are kept; the same call continues from there."""


def shown(value: object, longest: int = 80) -> str:
    """`value` as one line of text, with JSON's null, true and false, cut at `longest` characters."""
    return shown_name(_in_words_of_json(value), longest)


def _in_words_of_json(value: object) -> str:
    try:
        if isinstance(value, (bool, list, dict, NoneType)):
            return json.dumps(value, ensure_ascii=False)
        return repr(value)
    except RecursionError:
        return f"{type(value).__name__}, nested too deeply to print"
    except (TypeError, ValueError):  # a list or a mapping of what JSON does not have
        return repr(value)


def shown_name(name: str, longest: int = 80) -> str:
    """The name of a field that a client chose, as a part of one line of text."""
    text = printable(name)
    return text if len(text) <= longest else text[: longest - 1] + "…"


UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, line ends, characters that change the direction of text, and halves of characters."""


def printable(text: str) -> str:
    """The text as one line that cannot control a terminal: control characters become escapes."""
    return UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)
