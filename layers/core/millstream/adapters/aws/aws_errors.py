"""AWS's refusals in Millstream's words: what may succeed later is UnavailableError, the rest stays as it came."""

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
    """True for an AWS error code that says nothing is wrong with the request itself."""
    return code in _LATER


def error_code(error: ClientError) -> str:
    """AWS's name for the error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def condition_failed(error: ClientError) -> bool:
    """True if a row is not as the request expected it, be it one write or one of a transaction's."""
    if error_code(error) == "TransactionCanceledException":
        reasons = error.response.get("CancellationReasons", ())
        return any(reason.get("Code") in {"ConditionalCheckFailed", "TransactionConflict"} for reason in reasons)
    return error_code(error) == "ConditionalCheckFailedException"


def _passes(error: ClientError) -> bool:
    """True for a refusal that says nothing about the request; a transaction's reasons are each row's."""
    if error_code(error) == "TransactionCanceledException":
        reasons = error.response.get("CancellationReasons", ())
        return not condition_failed(error) and any(may_succeed_later(reason.get("Code", "")) for reason in reasons)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return may_succeed_later(error_code(error)) or status >= 500


@contextmanager
def translate_aws_errors(what: str) -> Iterator[None]:
    """Raise UnavailableError, naming what was tried and keeping AWS's error as the cause, where retrying can help."""
    try:
        yield
    except (NoConnectionError, HTTPClientError) as error:
        raise UnavailableError(f"{what}: {error}") from error
    except ClientError as error:
        if _passes(error):
            raise UnavailableError(f"{what}: {error}") from error
        raise
