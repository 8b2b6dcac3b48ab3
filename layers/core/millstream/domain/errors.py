"""The error tree, grouped by what the caller can do.

    MillstreamError
    ├── InvalidInputError      the caller must change the request          HTTP 400
    │   └── InvalidRecordError stored bytes cannot be read by anybody      dead-letter queue; HTTP 500
    │       └── UnknownFormatError stored by newer code: deploy that code, or rebuild what is derived from the log
    ├── NotFoundError          there is no such thing                      HTTP 404
    ├── ConflictError          somebody else was first: read again, retry  HTTP 409
    │   ├── KeyCollisionError  two item ids share a key: rename one        HTTP 409
    │   └── ViewClosedError    the view was replaced: write to its successor
    └── UnavailableError       try the same thing again later              HTTP 503
        ├── NotDoneError       the caller's time was over: call again to go on
        └── NotAllStoredError  some records were stored: append the others HTTP 503

`NotAllStoredError` is in `application.ports`.
"""

from __future__ import annotations


class MillstreamError(Exception):
    """Anything that Millstream itself reports."""


class InvalidInputError(MillstreamError):
    """A value is not what was expected; `field`, `expected` and `got` say which, what, and what came instead."""

    def __init__(self, field: str, expected: str, got: object) -> None:
        self.field = field
        self.expected = expected
        self.got = shown(got)
        super().__init__(f"{field}: expected {expected}, got {self.got}")


class InvalidRecordError(InvalidInputError):
    """Something stored (a record of the log, a row) cannot be decoded: retrying cannot help."""


class UnknownFormatError(InvalidRecordError):
    """Something stored has a format that this code does not know: newer code wrote it."""


class NotFoundError(MillstreamError):
    """The thing that was named does not exist."""


class ConflictError(MillstreamError):
    """The row changed since it was read."""


class KeyCollisionError(ConflictError):
    """An item id hashes to the key of another item id."""

    def __init__(self, item_id: str, other_id: str) -> None:
        self.item_id = item_id
        self.other_id = other_id
        super().__init__(f"itemId {item_id!r} has the same key as {other_id!r}: publish it under another id")


class ViewClosedError(ConflictError):
    """Another version of the views serves now; this one takes no more events."""


class UnavailableError(MillstreamError):
    """A store or a stream did not take the call; the same call may succeed later."""


class NotDoneError(UnavailableError):
    """The caller's time was over first: what was done is kept, and the same call goes on from there."""


def shown(value: object, longest: int = 80) -> str:
    """`value` as a person can read it in one line, cut at `longest` characters."""
    try:
        text = repr(value)
    except RecursionError:
        text = f"{type(value).__name__}, nested too deeply to be shown"
    return text if len(text) <= longest else text[: longest - 1] + "…"
