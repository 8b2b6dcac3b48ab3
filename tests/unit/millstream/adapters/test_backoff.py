"""Trying again: how often, after which waits, and when it ends. Time is the test's own."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from millstream.adapters.aws.backoff import FIRST_WAIT_S, LONGEST_WAIT_S, MOST_ATTEMPTS, attempts, retried
from millstream.application.ports import UNHURRIED
from millstream.domain.errors import UnavailableError
from tests.hourglass import Hourglass

ALMOST_ONE = 1 - 2**-53
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slower"}}, "PutRecord")
FORBIDDEN = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "PutRecord")


def test_the_longest_wait_doubles_up_to_a_limit() -> None:
    """The waits of somebody who always draws the worst."""
    glass = Hourglass(100, chance=lambda: ALMOST_ONE)
    tries = glass.attempts(glass)
    for _ in range(9):
        next(tries)
    assert glass.waits == pytest.approx([0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0])


def test_a_wait_is_anything_below_its_limit() -> None:
    """Full jitter: a wait may be none at all."""
    chances = iter([0.0, 0.25, 0.5])
    glass = Hourglass(100, chance=lambda: next(chances))
    tries = glass.attempts(glass)
    for _ in range(4):
        next(tries)
    assert glass.waits == pytest.approx([0.0, 0.25 * 2 * FIRST_WAIT_S, 0.5 * 4 * FIRST_WAIT_S])


def test_the_first_attempt_waits_for_nothing() -> None:
    """Most calls succeed at once."""
    glass = Hourglass(1e-9)
    assert next(glass.attempts(glass)) == 0
    assert not glass.waits


def test_without_time_there_is_no_attempt() -> None:
    """An attempt that is begun too late would be cut off in the middle by whoever gave the budget."""
    glass = Hourglass(0)
    assert not list(glass.attempts(glass))


@given(budget_s=st.floats(0, 60), chances=st.lists(st.floats(0, ALMOST_ONE), min_size=1), call_s=st.floats(0.001, 5))
def test_no_wait_ends_behind_the_budget(budget_s: float, chances: list[float], call_s: float) -> None:
    """Whatever is drawn, and however long the calls take: at the beginning of each attempt there is time left."""
    drawn = iter(chances * 100_000)
    glass = Hourglass(budget_s, chance=lambda: next(drawn))
    for _ in glass.attempts(glass):
        assert glass.left_s() > 0
        glass.pass_s(call_s)
    assert all(0 <= waited <= LONGEST_WAIT_S for waited in glass.waits)
    assert sum(glass.waits) <= budget_s


class Service:
    """Answers each call with the next of these outcomes, and with the last one for ever."""

    def __init__(self, *outcomes: str | Exception) -> None:
        self.outcomes = list(outcomes)
        self.calls = 0

    def __call__(self) -> str:
        """One call."""
        self.calls += 1
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def test_what_is_refused_for_now_is_tried_again() -> None:
    """Until it is answered."""
    glass, service = Hourglass(10), Service(THROTTLED, ReadTimeoutError(endpoint_url="https://x"), "done")
    assert retried("append", service, glass, glass.attempts) == "done"
    assert (service.calls, len(glass.waits)) == (3, 2)


def test_what_is_refused_to_the_end_is_unavailable() -> None:
    """In the words of the last refusal, which is also the cause."""
    glass, service = Hourglass(1), Service(ReadTimeoutError(endpoint_url="https://x"), THROTTLED)
    with pytest.raises(UnavailableError, match=r"append: .*ThrottlingException.*slower") as refused:
        retried("append", service, glass, glass.attempts)
    assert refused.value.__cause__ is THROTTLED
    assert service.calls > 3


def test_what_is_refused_for_good_is_not_tried_again() -> None:
    """A missing permission stays one."""
    glass, service = Hourglass(10), Service(FORBIDDEN)
    with pytest.raises(ClientError):
        retried("append", service, glass, glass.attempts)
    assert service.calls == 1


def test_without_time_nothing_is_called() -> None:
    """And the error says so."""
    glass, service = Hourglass(0), Service("done")
    with pytest.raises(UnavailableError, match="append: no time left"):
        retried("append", service, glass, glass.attempts)
    assert not service.calls


def test_who_has_no_budget_does_not_wait_for_ever() -> None:
    """A service that does not come back within about a minute is gone, as far as a person at a terminal can tell."""
    waits: list[float] = []
    tried = list(attempts(UNHURRIED, chance=lambda: 0.5, sleep=waits.append))
    assert len(tried) == MOST_ATTEMPTS
    assert 30 < sum(waits) < 120
