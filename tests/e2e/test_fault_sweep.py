"""The fault sweep over the local cloud: the real adapters, killed at any call, and what the log says afterwards."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.records import VERSION, encode
from millstream_tools.cloud.local.clients import Clients
from millstream_tools.places import PYTHON_PATH
from tests.builders import NOW_MS, POISON, event, subject
from tests.e2e.aws_in_trouble import StackOnAws
from tests.property.sweep import (
    Deliver,
    Drop,
    Erase,
    File,
    Formerly,
    Meanwhile,
    Newer,
    Put,
    PutAgain,
    Race,
    Replay,
    Step,
    World,
)

pytestmark = pytest.mark.cloud

SCHEDULES = 54
PROGRAM = Path(__file__).with_name("rebuild_process.py")
KILLS = 8
USERS = ("ann", "ann", "bob", "cem", "eve", "kim")
ITEMS = ("lamp", "desk", "vase", "chair")
DAY_MS = 24 * 3600 * 1000
CALLS = ("GetItem", "Query", "PutItem is done", "Scan is done", "TransactWriteItems", "TransactWriteItems is done")


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_whatever_happens_the_views_are_what_the_log_says(seed: int, ministack: str, tmp_path: Path) -> None:
    """Ten to thirty records, some twenty things that happen to them, and then `millstream verify`."""
    chance = random.Random(seed)
    world = World(StackOnAws(Clients(ministack), chance, tmp_path, mishaps=chance.choice([0, 20, 60])))
    for step in schedule(chance):
        world.play(step)
    world.settle()
    world.check_views(partitions=2)


def test_a_rebuild_that_is_killed_again_and_again_gets_through(ministack: str, tmp_path: Path) -> None:
    """Its process ends by SIGKILL at any moment, and another goes on; events arrive in between."""
    chance = random.Random(1)
    stack = StackOnAws(Clients(ministack), chance, tmp_path, mishaps=0)
    world = World(stack)
    world.check_views()
    whole = run_rebuild(ministack, stack, tmp_path / "first")
    assert whole
    killed = 0
    while killed < KILLS:
        for step in [*arrivals(chance), *arrivals(chance), Deliver(shard=killed, size=30), *filings(chance)]:
            world.play(step)
        killed += not run_rebuild(ministack, stack, tmp_path / "killed", killed_at=chance.randint(1, whole))
    assert run_rebuild(ministack, stack, tmp_path / "killed")
    world.settle()
    assert world.check_views(partitions=2).view.number > 2


def run_rebuild(endpoint: str, stack: StackOnAws, folder: Path, killed_at: int = 0) -> int:
    """Rebuild in a process of its own: how many calls it lived for, or none if it was killed before its end."""
    python_path = os.pathsep.join(map(str, PYTHON_PATH))
    ended = subprocess.run(
        [sys.executable, str(PROGRAM), endpoint, *stack.names, str(folder), str(killed_at)],
        capture_output=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": python_path},
        check=False,
    )
    if ended.returncode == -signal.SIGKILL:
        return 0
    assert ended.returncode == 0, ended.stderr.decode()
    return int(ended.stdout)


def schedule(chance: random.Random) -> list[Step]:
    """Events first; then whatever happens, among more of them; then a rebuild that is not killed."""
    happens: list[Callable[[random.Random], Sequence[Step]]] = [
        arrivals,
        deliveries,
        deliveries,
        overtaken,
        filings,
        killed_replays,
        busy_replays,
        seldom,
        newer_code,
    ]
    steps = [step for _ in range(3) for step in arrivals(chance)]
    if not chance.randrange(3):
        steps = [Formerly((*steps, Deliver(size=chance.choice([4, 30]))))]
    for _ in range(chance.randint(8, 14)):
        steps += chance.choice(happens)(chance)
    return [*steps, Replay(partitions=2)]


def arrivals(chance: random.Random) -> list[Step]:
    """A few records: new events and repeated ones, any client's clock, and what nobody can read."""
    return [arrival(chance) for _ in range(chance.randint(1, 5))]


def arrival(chance: random.Random) -> Step:
    """One record."""
    if not chance.randrange(8):
        return PutAgain(chance.randrange(30))
    if not chance.randrange(12):
        return Put(chance.choice([POISON, bytes([0, VERSION + 1, 2, 3])]), f"key {chance.random()}")
    times = [0, 1_000, -DAY_MS, 40 * 60_000, -40 * DAY_MS]
    happened = [
        event(chance.choice(ITEMS), event_id=f"e{chance.randrange(40)}", at_ms=NOW_MS + chance.choice(times))
        for _ in range(chance.randint(1, 3))
    ]
    return Put(encode(EventRecord(subject(chance.choice(USERS)), NOW_MS, tuple(happened))))


def delivery(chance: random.Random) -> Deliver:
    """A batch, again or cut otherwise than before; its projector may be killed at any of its calls."""
    return Deliver(
        shard=chance.randrange(2),
        back=chance.choice([0, 0, 1, 5]),
        size=chance.choice([1, 2, 4, 30]),
        calls=chance.choice([None, None, *range(1, 13)]),
        warm=chance.randrange(3),
    )


def deliveries(chance: random.Random) -> list[Step]:
    """One projector, or two of them that race."""
    if chance.randrange(3):
        return [delivery(chance)]
    turns = tuple(bool(chance.randrange(2)) for _ in range(chance.randrange(30)))
    return [Race(delivery(chance), delivery(chance), turns)]


def overtaken(chance: random.Random) -> list[Step]:
    """A projector that stands still before one of its calls while another runs, or the views are rebuilt."""
    other = chance.choice([Deliver(size=30, warm=1), Replay(partitions=2)])
    calls = ("BatchGetItem is done", "GetItem is done", "PutItem", "TransactWriteItems", "BatchExecuteStatement")
    stands = Meanwhile(chance.choice(calls), 0, (other,))
    return [*arrivals(chance), Deliver(shard=chance.randrange(2), size=3, meanwhile=(stands,))]


def filings(chance: random.Random) -> list[Step]:
    """The archivist, killed before its write or behind it, or its answer is lost."""
    calls = chance.choice([None, None, 0, 1, 2])
    size, day = chance.choice([2, 5, 30]), chance.choice([1, 99])
    return [File(chance.randrange(2), chance.choice([0, 2]), size, day, calls, heard=bool(chance.randrange(4)))]


def killed_replays(chance: random.Random) -> list[Step]:
    """A rebuild that is killed at any of its calls; it goes on next time, or a fresh one begins."""
    return [Replay(chance.randint(1, 3), calls=chance.randrange(140), afresh=not chance.randrange(4))]


def busy_replays(chance: random.Random) -> list[Step]:
    """Events arrive and are projected in the middle of a rebuild."""
    amid = Meanwhile(chance.choice(CALLS), chance.randrange(3), (*arrivals(chance), Deliver(size=30, warm=1)))
    return [Replay(chance.randint(1, 3), calls=chance.choice([None, None, 100]), meanwhile=(amid,))]


def newer_code(chance: random.Random) -> list[Step]:
    """Code that writes rows of another format projects for a while, or rebuilds the views, and is taken back."""
    does = chance.choice([Deliver(size=30), delivery(chance), Replay(partitions=2, calls=chance.choice([None, 90]))])
    return [Newer((*arrivals(chance), Deliver(size=4), does))]


def seldom(chance: random.Random) -> list[Step]:
    """A user wants to be forgotten; a version is dropped; somebody is shown a slate."""
    slate = Event(EventKind.SlateServed, f"slate-{chance.random()}", None, NOW_MS, None, {"items": []})
    shown = Put(encode(EventRecord(subject("ann"), NOW_MS, (slate,))))
    return [chance.choice([Erase(chance.choice(USERS)), Drop(chance.randrange(3)), shown])]
