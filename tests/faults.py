"""What may become of a call to AWS, and what boto3 then raises."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError


class Fate(Enum):
    """What becomes of one call, or of one row or record of a call of many."""

    DONE = "done, and said to be"
    LOST = "done, and the answer is lost"
    TIMED_OUT = "not done, and no answer"
    UNREACHABLE = "no connection"
    THROTTLED = "ProvisionedThroughputExceededException"
    FAILED = "InternalFailure"
    BUSY = "ServiceUnavailable"

    @property
    def happens(self) -> bool:
        """Whether what was asked for is done."""
        return self in {Fate.DONE, Fate.LOST}


_STATUS = {Fate.THROTTLED: 400, Fate.FAILED: 500, Fate.BUSY: 503}


def error_of(fate: Fate) -> Exception:
    """What boto3 raises when a call meets this fate."""
    if fate in {Fate.LOST, Fate.TIMED_OUT}:
        return ReadTimeoutError(endpoint_url="https://aws")
    if fate is Fate.UNREACHABLE:
        return EndpointConnectionError(endpoint_url="https://aws")
    return refusal(fate.value, _STATUS[fate])


def refusal(code: str, status: int = 400, reasons: Sequence[str] = ()) -> ClientError:
    """An answer that says no; a transaction's says of each row why."""
    answer: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    if reasons:
        answer["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(answer, "Operation")
