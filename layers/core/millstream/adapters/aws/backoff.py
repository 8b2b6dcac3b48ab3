"""Retries with exponential backoff and full jitter, within a time budget.

Jitter, because callers that fail together and wait equally long would retry together. Source:
https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

An adapter that takes a budget retries by itself, over a client that calls once. Retries inside boto3 would not know the
budget and would multiply with these: three attempts of a client that waits ten seconds for each response outlast a
function with a timeout of ten. An attempt starts only while time is left, and may then take as long as the client's
timeout; the caller's budget must leave room for that.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from millstream.adapters.aws.aws_errors import translate_aws_errors
from millstream.application.ports import Budget
from millstream.domain.errors import UnavailableError

CONNECT_S = 1
ANSWER_S = 5
LONGEST_CALL_S = CONNECT_S + ANSWER_S
"""Timeouts of one attempt: until the connection is established, and until the response begins."""

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 2.0
MOST_ATTEMPTS = 60
"""About a minute: callers without a budget wait for a busy service, but not for one that is down."""

_LAST_DOUBLING = 10

Attempts = Callable[[Budget], Iterator[int]]
_Result = TypeVar("_Result")


def attempts(
    budget: Budget, chance: Callable[[], float] = random.random, sleep: Callable[[float], object] = time.sleep
) -> Iterator[int]:
    """Yield 0, 1, 2…, once per attempt while time is left, and wait before each attempt but the first.

    The wait before attempt n is anything from 0 to FIRST_WAIT_S * 2**(n-1) seconds, at most LONGEST_WAIT_S. A wait that
    would outlast the budget is not begun. `chance` gives numbers from 0 (included) to 1 (excluded).
    """
    for number in range(MOST_ATTEMPTS):
        if budget.left_s() <= 0:
            return
        yield number
        wait_s = chance() * min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(number, _LAST_DOUBLING))
        if wait_s >= budget.left_s():
            return
        sleep(wait_s)


def retried(what: str, call: Callable[[], _Result], budget: Budget, attempts_in: Attempts = attempts) -> _Result:
    """Return the result of `call`, retried while it raises UnavailableError and the budget lasts.

    Raises UnavailableError with `what` was tried and the last AWS error; any other error at once.
    """
    latest = UnavailableError(f"{what}: no time left to try")
    for _ in attempts_in(budget):
        try:
            with translate_aws_errors(what):
                return call()
        except UnavailableError as error:
            latest = error
    raise latest
