"""The four kinds of outcomes of an invocation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Response:
    """The part of an invocation's answer that the on-failure message repeats."""

    status_code: int
    executed_version: str
    function_error: str | None


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The whole batch is done."""

    response: Response


@dataclass(frozen=True, slots=True)
class FailedFrom:
    """The records before this sequence number are done; this one and those after it are not."""

    sequence_number: str
    response: Response


@dataclass(frozen=True, slots=True)
class Failed:
    """The function ran, and the whole batch counts as failed."""

    reason: str
    response: Response


@dataclass(frozen=True, slots=True)
class NotInvoked:
    """The batch did not reach the function: throttled, being updated, not reachable."""

    reason: str


Outcome = Succeeded | FailedFrom | Failed | NotInvoked
