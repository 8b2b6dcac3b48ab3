"""Splits and merges while events flow, from the API to the rows; the poller is killed in the middle of it."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, pairwise

import pytest

from millstream.adapters.aws.kinesis_log_reader import KinesisLogReader
from millstream.domain.keys import pseudonym
from millstream.domain.log.positions import Position
from millstream.domain.views import user_row
from tests.e2e.clean_run import assert_exactly_once, views_of
from tests.e2e.stack import Stack, event
from tests.integration.local_cloud.waiting import eventually
from tests.kinesis_shards import split_in_the_middle

pytestmark = pytest.mark.cloud

PARTS = 8
"""Of the space of hash keys: the smallest shard that there will be has one of them."""


def users_of_every_part(stack: Stack) -> list[str]:
    """A user whose events go to it, for each part. Which part that is follows from the stack's secret."""
    secret, found = stack.stores.secret(), {}
    for number in count():
        user = f"flowing-{number}"
        key = pseudonym(user, secret).hex()
        # Kinesis hashes partition keys by MD5: docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
        found.setdefault(hashlib.md5(key.encode(), usedforsecurity=False).digest()[0] * PARTS // 256, user)
        if len(found) == PARTS:
            break
    return list(found.values())


class Crowd:
    """Users who send one event after the other, each with an id of its own, until told to stop."""

    def __init__(self, stack: Stack) -> None:
        self.receipts: dict[str, list[Position]] = defaultdict(list)
        self.users = users_of_every_part(stack)
        self._stack = stack
        self._stopping = threading.Event()
        self._errors: list[BaseException] = []
        self._thread = threading.Thread(target=self._run)

    @contextmanager
    def sending(self) -> Iterator[None]:
        """While it lasts events flow."""
        self._thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            self._thread.join()
        assert not self._errors, self._errors

    def has_sent_more(self, rounds: int = 3) -> Callable[[], bool]:
        """Whether every user has sent so many events since now."""
        goal = {user: len(self.receipts[user]) + rounds for user in self.users}
        return lambda: bool(self._errors) or all(len(self.receipts[user]) >= goal[user] for user in self.users)

    def _run(self) -> None:
        try:
            number = 0
            while not self._stopping.is_set():
                number += 1
                for user in self.users:
                    answer = self._stack.accept(user, event("lamp", f"{user}-{number}"))
                    self.receipts[user].append(answer)
        except BaseException as error:  # noqa: BLE001  # told in the test's own thread
            self._errors.append(error)


def open_shards(stack: Stack) -> list[str]:
    """The shards that take records, in the order of their hash keys."""
    listed = stack.cloud.client("kinesis").list_shards(StreamName=stream_name(stack))["Shards"]
    taking = [one for one in listed if "EndingSequenceNumber" not in one["SequenceNumberRange"]]
    return [one["ShardId"] for one in sorted(taking, key=lambda one: int(one["HashKeyRange"]["StartingHashKey"]))]


def stream_name(stack: Stack) -> str:
    """The log."""
    return stack.cloud.deployment.outputs["StreamName"]


def kill_poller(stack: Stack) -> None:
    """As kill -9 does, with whatever it was about to note; its guard ends by itself."""
    guard = str(stack.poller.identity.pid)
    shown = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    (poller,) = [pid for pid, parent in map(str.split, shown.splitlines()) if parent == guard]
    os.kill(int(poller), signal.SIGKILL)
    eventually(lambda: not stack.poller.identity.alive)


def test_shards_are_split_and_merged_while_events_flow(stack: Stack) -> None:
    """Nothing is lost, nothing counts twice, each user's positions rise, and the rows are those of a clean fold."""
    kinesis, name = stack.cloud.client("kinesis"), stream_name(stack)
    before = open_shards(stack)
    crowd = Crowd(stack)
    with crowd.sending():
        eventually(crowd.has_sent_more())
        for shard in before:
            split_in_the_middle(kinesis, name, shard)
        eventually(crowd.has_sent_more())
        with stack.undelivered():
            split_in_the_middle(kinesis, name, open_shards(stack)[0])
            eventually(crowd.has_sent_more())
        kill_poller(stack)
        with stack.undelivered():
            _, low, high, *_ = open_shards(stack)
            kinesis.merge_shards(StreamName=name, ShardToMerge=low, AdjacentShardToMerge=high)
            eventually(crowd.has_sent_more())
        eventually(crowd.has_sent_more())
    stack.drain()
    met = {position.shard for positions in crowd.receipts.values() for position in positions}
    assert len(met) > 2 * len(before) + 2
    for positions in crowd.receipts.values():
        assert all(later.reaches(earlier) and later != earlier for earlier, later in pairwise(positions))
    rows = views_of(stack.cloud).users
    for user, positions in crowd.receipts.items():
        state = user_row.unpack(rows[pseudonym(user, stack.stores.secret())].data)
        assert (state.applied, state.duplicates, state.position) == (len(positions), 0, positions[-1])
    assert_exactly_once(stack)
    assert [counts.records_discarded for counts in stack.cloud.deliveries] == [0, 0]


def test_a_reader_of_the_log_sees_what_the_closed_shards_held(stack: Stack) -> None:
    """Shard after shard in the order of their numbers, it is the whole log: each user's events in their order."""
    crowd = Crowd(stack)
    kinesis, name = stack.cloud.client("kinesis"), stream_name(stack)
    with crowd.sending():
        eventually(crowd.has_sent_more(1))
        split_in_the_middle(kinesis, name, open_shards(stack)[0])
        eventually(crowd.has_sent_more(1))
    reader = KinesisLogReader(kinesis, name)
    read = [one for shard in reader.shards() for batch in reader.read_after(shard.name, None) for one in batch]
    for user, positions in crowd.receipts.items():
        key = pseudonym(user, stack.stores.secret()).hex()
        assert [one.position for one in read if one.partition_key == key][-len(positions) :] == positions
    stack.drain()
    assert_exactly_once(stack)
