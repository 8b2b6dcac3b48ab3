"""The handler dies in the middle of a batch, by SIGKILL, after any of its writes."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from millstream.domain.keys import pseudonym
from millstream.domain.log.events import EventRecord
from millstream.domain.log.records import encode
from millstream_tools.places import PYTHON_PATH
from tests.builders import NOW_MS
from tests.builders import event as logged
from tests.e2e.clean_run import assert_exactly_once, assert_same_rows, clean_run, views_of
from tests.e2e.stack import Stack, event
from tests.e2e.stream import Entry, batch_of

pytestmark = pytest.mark.cloud

PROGRAM = Path(__file__).with_name("handler_process.py")
USERS = 52
"""So many that the fuller of two shards has more than fit into one write call: a crash can fall between two of them."""


def test_a_handler_that_is_killed_after_any_of_its_writes_loses_and_repeats_nothing(stack: Stack) -> None:
    """For each write of a batch: killed right after it, then the whole batch is delivered to the deployed function."""
    survived = []
    with stack.undelivered():
        for kill_after in itertools.count(1):
            batch = put(stack, f"killed-{kill_after}")
            survived.append(run(stack, batch, "--kill-after", str(kill_after)))
            assert stack.stream.hand_over("ProjectEvents", batch) == {"batchItemFailures": []}
            if survived[-1]:
                break
    # The trend, two calls with users, and no fourth write.
    assert survived == [False, False, False, True]
    stack.drain()
    assert_exactly_once(stack)


def test_a_batch_whose_handler_is_killed_again_and_again_gets_through(stack: Stack) -> None:
    """Each attempt begins with what the one before left behind: first the trend alone, then some of the users."""
    with stack.undelivered():
        batch = sent(stack, "again")
        survived = [run(stack, batch, "--kill-after", "1"), run(stack, batch, "--kill-after", "1")]
        while not survived[-1]:
            survived.append(run(stack, batch, "--kill-after", "2"))
        assert stack.stream.hand_over("ProjectEvents", batch) == {"batchItemFailures": []}
    assert survived[0] is False
    stack.drain()
    assert_exactly_once(stack)


def test_the_comparison_fails_for_a_handler_that_forgets_its_positions(stack: Stack) -> None:
    """On tables of its own: the first delivery leaves a clean run's rows, the second one is found out."""
    stack.drain()
    entries = max(stack.stream.entries().values(), key=len)[-12:]
    clean, _ = clean_run([[entry.record for entry in entries]])
    tables = empty_tables(stack)
    assert run(stack, entries, "--forget", **tables)
    assert_same_rows(views_of(stack.cloud, *tables.values()), clean)
    assert run(stack, entries, "--forget", **tables)
    with pytest.raises(AssertionError, match="user rows differ from a clean run"):
        assert_same_rows(views_of(stack.cloud, *tables.values()), clean)


def sent(stack: Stack, name: str) -> Sequence[Entry]:
    """Send new events of many users over HTTP, and return those that lie in the fuller shard."""
    before = stack.stream.entries()
    for number in range(USERS):
        stack.accept(f"crash-{number}", event("lamp", f"{name}-1"), event("chair", f"{name}-2", "ItemPurchased"))
    return fuller(before, stack.stream.entries())


def put(stack: Stack, name: str) -> Sequence[Entry]:
    """The same, quicker: the records that the API would make, put straight into the stream."""
    before = stack.stream.entries()
    for number in range(USERS):
        subject = pseudonym(f"crash-{number}", stack.stores.secret())
        events = (logged("lamp", event_id=f"{name}-1"), logged("chair", event_id=f"{name}-2"))
        stack.stream.put(subject.hex(), [encode(EventRecord(subject, NOW_MS, events))])
        stack.entered += len(events)
    return fuller(before, stack.stream.entries())


def fuller(before: Mapping[str, Sequence[Entry]], after: Mapping[str, Sequence[Entry]]) -> Sequence[Entry]:
    """What is new in the shard that has more of it."""
    return max((after[shard][len(entries) :] for shard, entries in before.items()), key=len)


def run(stack: Stack, batch: Sequence[Entry], *options: str, **environment: str) -> bool:
    """Run the handler on a batch in a process of its own: whether it lived to answer that all is done."""
    configuration = stack.cloud.client("lambda").get_function_configuration(
        FunctionName=stack.stream.name_of("ProjectEvents")
    )
    variables: dict[str, str] = configuration["Environment"]["Variables"]
    ended = subprocess.run(
        [sys.executable, str(PROGRAM), *options],
        input=batch_of(batch),
        capture_output=True,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, PYTHON_PATH)),
            "POWERTOOLS_TRACE_DISABLED": "true",
            **variables,
            **stack.cloud.deployment.environment,
            **environment,
        },
        check=False,
    )
    if ended.returncode == -signal.SIGKILL:
        return False
    assert ended.returncode == 0, ended.stderr.decode()
    assert ended.stdout.splitlines()[-1] == b'{"batchItemFailures": []}'
    return True


def empty_tables(stack: Stack) -> dict[str, str]:
    """Tables of the same shape as the deployed ones, as the variables that lead a handler to them."""
    dynamodb, outputs = stack.cloud.client("dynamodb"), stack.cloud.deployment.outputs
    variables = {"MILLSTREAM_USERS_TABLE": outputs["UsersTable"], "MILLSTREAM_ITEMS_TABLE": outputs["ItemsTable"]}
    for variable, table in variables.items():
        shape = dynamodb.describe_table(TableName=table)["Table"]
        variables[variable] = f"{table}-empty"
        dynamodb.create_table(
            TableName=variables[variable],
            KeySchema=shape["KeySchema"],
            AttributeDefinitions=shape["AttributeDefinitions"],
            BillingMode="PAY_PER_REQUEST",
        )
    return variables
