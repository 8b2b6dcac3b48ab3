"""Trying again what may succeed later: after waits that grow, that are random, and that end where the budget ends.

Full jitter, because callers that were refused together and wait equally long come back together. Source:
https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

Who retries what: an adapter that takes a budget does it itself, over a client that calls once. Retries inside boto3
would know nothing of the budget and multiply with these: three attempts of a client that waits ten seconds for each
answer outlast a function that is stopped after ten. An attempt is begun only while time is left, and may then take as
long as the client waits; whoever gives the budget keeps that back.
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
"""What one attempt takes at most: until the client is connected, and until the answer begins."""

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 2.0
MOST_ATTEMPTS = 60
"""About a minute: whoever has no budget waits for a service that is busy, and not for one that is gone."""

_LAST_DOUBLING = 10

Attempts = Callable[[Budget], Iterator[int]]
_Result = TypeVar("_Result")


def attempts(
    budget: Budget, chance: Callable[[], float] = random.random, sleep: Callable[[float], object] = time.sleep
) -> Iterator[int]:
    """0, 1, 2…: one number for each attempt that there is time for, with a wait before each but the first.

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
    """What `call` returns, which is tried again while AWS says "later" and the budget lasts.

    Raises UnavailableError, which says what was tried and what AWS said last; any other error at once.
    """
    latest = UnavailableError(f"{what}: no time was left to try")
    for _ in attempts_in(budget):
        try:
            with translate_aws_errors(what):
                return call()
        except UnavailableError as error:
            latest = error
    raise latest
