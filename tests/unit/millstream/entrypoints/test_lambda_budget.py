"""What is left of an invocation."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from millstream.adapters.aws.backoff import LONGEST_CALL_S
from millstream.adapters.aws.clients import Patience, aws_client
from millstream.application.ports.time import PartOfBudget
from millstream.entrypoints.lambda_budget import MARGIN_S, LambdaBudget
from tests.hourglass import Hourglass


def test_the_budget_is_lambdas_time_less_the_margin() -> None:
    """Asked anew each time: the context counts down."""
    left_ms = iter([60_000, 7_500, 100])
    budget = LambdaBudget(SimpleNamespace(get_remaining_time_in_millis=lambda: next(left_ms)), margin_s=6.5)
    assert [budget.left_s(), budget.left_s(), budget.left_s()] == pytest.approx([53.5, 1.0, -6.4])


def test_an_attempt_that_is_begun_at_the_last_moment_ends_before_lambda_does() -> None:
    """The margin is longer than the longest attempt of the clients that adapters with a budget are given."""
    config = aws_client("kinesis", "eu-west-1", Patience.ADAPTER).meta.config
    assert config.retries["total_max_attempts"] == 1
    assert config.connect_timeout + config.read_timeout == LONGEST_CALL_S < MARGIN_S


def test_other_clients_retry_by_themselves() -> None:
    """They have no budget: what they call is not worth one, or is called before there is one."""
    assert aws_client("kinesis", "eu-west-1", Patience.CLIENT).meta.config.retries["total_max_attempts"] == 2


def test_a_part_of_a_budget_begins_when_it_is_taken() -> None:
    """And never lasts longer than the whole."""
    whole = Hourglass(10)
    whole.pass_s(3)
    part = PartOfBudget(whole, 2)
    assert part.left_s() == pytest.approx(2)
    whole.pass_s(0.5)
    assert part.left_s() == pytest.approx(1.5)
    whole.pass_s(6)
    assert part.left_s() == pytest.approx(-4.5)
    assert PartOfBudget(whole, 2).left_s() == pytest.approx(0.5)
