"""A failure that outlasts any number of attempts: nothing is skipped, and once it is mended all is caught up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from millstream_tools.cloud.local.poller.counters import Counters
from tests.e2e.clean_run import assert_exactly_once
from tests.e2e.stack import Stack, event
from tests.integration.local_cloud.waiting import eventually

pytestmark = pytest.mark.cloud

MORE_THAN_WAS_ONCE_ALLOWED = 15
"""Of one record: ten retries were, after the first attempt."""


@contextmanager
def wrong_table(stack: Stack) -> Iterator[None]:
    """While it lasts the projector is deployed with a table that does not exist."""
    functions, name = stack.cloud.client("lambda"), stack.stream.name_of("ProjectEvents")
    right = functions.get_function_configuration(FunctionName=name)["Environment"]
    wrong = {"Variables": right["Variables"] | {"MILLSTREAM_USERS_TABLE": "no-such-table"}}
    functions.update_function_configuration(FunctionName=name, Environment=wrong)
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Environment=right)


def projector(stack: Stack) -> Counters:
    """What the poller counts for the projector."""
    name = stack.stream.name_of("ProjectEvents")
    return next(counts for counts in stack.cloud.deliveries if counts.function == name)


def test_what_fails_is_delivered_again_until_it_succeeds(stack: Stack) -> None:
    """A mistake of deployment costs time and no event; the archive goes on meanwhile, and no letter is written."""
    stack.drain()
    failed_before, letters_before = projector(stack).function_errors, len(stack.dead_letters())
    with wrong_table(stack):
        stack.accept("patient", event("lamp", "patient-1"))
        eventually(lambda: projector(stack).function_errors >= failed_before + MORE_THAN_WAS_ONCE_ALLOWED, 90)
        waiting = projector(stack)
        assert (waiting.records_discarded, waiting.records_waiting) == (0, 1)
    stack.drain()
    assert projector(stack).records_discarded == 0
    assert len(stack.dead_letters()) == letters_before
    assert_exactly_once(stack)
