"""Dead letters and archived batches are put again while the batch's time lasts, and then reported as not put."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from millstream.adapters.aws.s3_archive import S3Archive
from millstream.adapters.aws.sqs_dead_letters import SqsDeadLetters
from millstream.application.ports import DeadLetter
from millstream.domain.errors import UnavailableError
from tests.builders import POISON, log
from tests.faults import Fate, error_of, refusal
from tests.hourglass import Hourglass

RECORDS = log(POISON)
LETTER = DeadLetter(RECORDS[0].position, "no record", POISON)


class Service:
    """A queue and a bucket whose calls meet these errors, and then succeed."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.put: list[dict[str, Any]] = []

    def send_message(self, **call: Any) -> None:
        """See boto3."""
        if self.errors:
            raise self.errors.pop(0)
        self.put.append(call)

    put_object = send_message


def send(service: Service, glass: Hourglass) -> None:
    """Keep a letter."""
    SqsDeadLetters(service, "https://queue", glass.attempts).send(LETTER, glass)


def store(service: Service, glass: Hourglass) -> None:
    """Archive a batch."""
    S3Archive(service, "bucket", None, glass.attempts).store(RECORDS, "2026-11-22", glass)


puts = pytest.mark.parametrize("put", [send, store])
Put = Callable[[Service, Hourglass], None]


@puts
@pytest.mark.parametrize(
    "error",
    [error_of(Fate.TIMED_OUT), error_of(Fate.UNREACHABLE), error_of(Fate.BUSY), refusal("SlowDown", 503)]
    + [refusal(code) for code in ("RequestThrottled", "ThrottlingException", "KMSThrottlingException")],
)
def test_what_is_refused_for_now_is_put_later(put: Put, error: Exception) -> None:
    """After waits, once."""
    glass, service = Hourglass(10), Service(error, error)
    put(service, glass)
    assert (len(service.put), len(glass.waits)) == (1, 2)


@puts
def test_what_is_refused_to_the_end_is_unavailable(put: Put) -> None:
    """The batch then fails and is delivered again: no row passes a record of which nobody knows."""
    glass, service = Hourglass(2), Service(*[error_of(Fate.BUSY)] * 1_000)
    with pytest.raises(UnavailableError):
        put(service, glass)
    assert not service.put
    assert sum(glass.waits) < 2
