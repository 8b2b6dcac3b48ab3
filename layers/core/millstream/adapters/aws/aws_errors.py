"""Translate AWS errors: those that a retry may resolve become UnavailableError, the others are unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from millstream.domain.errors import UnavailableError

_LATER = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "KMSThrottlingException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottlingError",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflict",
        "TransactionInProgressException",
    }
)


def may_succeed_later(code: str) -> bool:
    """True for an AWS error code that a retry may resolve."""
    return code in _LATER


def error_code(error: ClientError) -> str:
    """The AWS error code."""
    return str(error.response.get("Error", {}).get("Code", ""))


def condition_failed(error: ClientError) -> bool:
    """True if the condition of a write, or of one write of a transaction, failed."""
    if error_code(error) == "TransactionCanceledException":
        reasons = error.response.get("CancellationReasons", ())
        return any(reason.get("Code") in {"ConditionalCheckFailed", "TransactionConflict"} for reason in reasons)
    return error_code(error) == "ConditionalCheckFailedException"


def _passes(error: ClientError) -> bool:
    """True for an error that a retry may resolve; for a transaction, if all its reasons are such."""
    if error_code(error) == "TransactionCanceledException":
        reasons = error.response.get("CancellationReasons", ())
        return not condition_failed(error) and any(may_succeed_later(reason.get("Code", "")) for reason in reasons)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return may_succeed_later(error_code(error)) or status >= 500


@contextmanager
def translate_aws_errors(what: str) -> Iterator[None]:
    """Raise UnavailableError for errors that a retry may resolve, with what was tried and AWS's error as cause."""
    try:
        yield
    except (NoConnectionError, HTTPClientError) as error:
        raise UnavailableError(f"{what}: {error}") from error
    except ClientError as error:
        if _passes(error):
            raise UnavailableError(f"{what}: {error}") from error
        raise
