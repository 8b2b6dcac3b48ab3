"""A reader never waits for a writer. No sleeps: loads stop at gates that the test opens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NoReturn

import pytest

from millstream.adapters.local import refreshed
from millstream.adapters.local.refreshed import Refreshed
from millstream.adapters.memory import FixedClock

PATIENCE_S = 20
EVERY_MS = 1_000


class Loader:
    """Loads 1, 2, 3…; from the second load on, each waits at a gate and then returns or raises what it is told to."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.gate = threading.Semaphore(0)
        self.error: Exception | None = None
        self.seen: list[int | None] = []

    def __call__(self, present: int | None) -> int:
        """The next number."""
        self.seen.append(present)
        if present is None:
            return 1
        self.entered.release()
        assert self.gate.acquire(timeout=PATIENCE_S)
        if self.error:
            raise self.error
        return present + 1


class World:
    """A refreshed value, its loader, its clock, and the errors that were told."""

    def __init__(self) -> None:
        self.loader = Loader()
        self.clock = FixedClock(0)
        self.errors: list[Exception] = []
        self.value = Refreshed(self.loader, self.clock, EVERY_MS, self.errors.append)

    def grow_old(self) -> None:
        """Let the value's time pass."""
        self.clock.time_ms += EVERY_MS

    def begin_renewal(self) -> int:
        """Read an old value, and wait until its renewal has begun."""
        value = self.value()
        assert self.loader.entered.acquire(timeout=PATIENCE_S)
        return value

    def end_renewal(self, error: Exception | None = None) -> None:
        """Let the renewal that has begun come to its end."""
        (renewal,) = (thread for thread in threading.enumerate() if thread.name == "refresh")
        self.loader.error = error
        self.loader.gate.release()
        renewal.join(PATIENCE_S)
        assert not renewal.is_alive()


@pytest.fixture
def world() -> Iterator[World]:
    """A value that was read once."""
    world = World()
    assert world.value() == 1
    yield world
    assert not [thread for thread in threading.enumerate() if thread.name == "refresh"]


def test_a_young_value_is_not_loaded_again(world: World) -> None:
    """However often it is read."""
    world.clock.time_ms += EVERY_MS - 1
    assert [world.value() for _ in range(5)] == [1] * 5
    assert world.loader.seen == [None]


def test_a_reader_of_an_old_value_gets_it_at_once(world: World) -> None:
    """While the next one is still being loaded; this test would hang if a reader waited."""
    world.grow_old()
    assert world.begin_renewal() == 1
    assert world.value() == 1
    world.end_renewal()
    assert world.value() == 2


def test_a_renewal_sees_the_present_value(world: World) -> None:
    """So that it can return the same one when nothing changed."""
    world.grow_old()
    world.begin_renewal()
    world.end_renewal()
    assert world.loader.seen == [None, 1]


def test_there_is_one_renewal_at_a_time(world: World) -> None:
    """However many readers find the value old."""
    world.grow_old()
    world.begin_renewal()
    assert [world.value() for _ in range(20)] == [1] * 20
    assert len([thread for thread in threading.enumerate() if thread.name == "refresh"]) == 1
    world.end_renewal()
    assert world.loader.seen == [None, 1]


def test_a_failed_renewal_keeps_the_value_and_is_told(world: World) -> None:
    """And is tried again when the value's time has passed once more, not before."""
    error = RuntimeError("no table")
    world.grow_old()
    world.begin_renewal()
    world.end_renewal(error)
    assert world.errors == [error]
    assert [world.value() for _ in range(3)] == [1] * 3
    assert len(world.loader.seen) == 2
    world.grow_old()
    world.begin_renewal()
    world.end_renewal()
    assert world.value() == 2


def test_the_first_reader_hears_what_goes_wrong() -> None:
    """There is nothing to keep; the next reader tries again."""
    answers: list[Callable[[], str]] = [lambda: _raise(RuntimeError("no table")), lambda: "value"]
    value = Refreshed(lambda _: answers.pop(0)(), FixedClock(0), EVERY_MS, _raise)
    with pytest.raises(RuntimeError, match="no table"):
        value()
    assert value() == "value"


def test_readers_who_come_before_there_is_a_value_load_it_once() -> None:
    """The others wait for the first one's."""
    readers = 8
    loads: list[object] = []
    everybody_reads = threading.Barrier(readers)

    def load(present: object) -> str:
        loads.append(present)
        return "value"

    value = Refreshed(load, FixedClock(0), EVERY_MS, _raise)
    got: list[str] = []

    def read() -> None:
        everybody_reads.wait(PATIENCE_S)
        got.append(value())

    threads = [threading.Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert (got, loads) == (["value"] * readers, [None])


def test_a_thread_that_cannot_be_started_fails_no_reader(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The value stays, the trouble is told, and a later reader may renew it."""
    world.grow_old()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", lambda _: _raise(RuntimeError("can't start new thread")))
        assert world.value() == 1
    assert [str(error) for error in world.errors] == ["can't start new thread"]
    world.grow_old()
    world.begin_renewal()
    world.end_renewal()
    assert world.value() == 2


def _raise(error: Exception) -> NoReturn:
    raise error


def test_after_an_idle_spell_the_reader_waits_for_the_newer_value() -> None:
    """Nobody asked, so nobody's request could renew it; without the wait the first answer would be hours old."""
    clock = FixedClock(0)
    value = Refreshed(lambda present: (present or 0) + 1, clock, EVERY_MS, lambda _: None, bound_ms=10 * EVERY_MS)
    assert value() == 1
    clock.time_ms += 10 * EVERY_MS
    assert value() == 2
    assert not value.behind()


def test_a_refresh_that_was_frozen_does_not_pass_off_an_old_value_as_new(world: World) -> None:
    """It has read before the freeze what it brings an hour later; the reader gets what another refresh brings."""
    world.grow_old()
    world.begin_renewal()
    world.clock.time_ms += 3_600_000
    world.loader.gate.release(2)  # thawed: the old one ends, and so does the next
    assert world.value() == 3
    assert not world.value.behind()


def test_a_value_that_cannot_be_refreshed_in_time_is_behind(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """The reader waits for the refresh once, and later readers do not wait for it again."""
    monkeypatch.setattr(refreshed, "LONGEST_WAIT_S", 0.01)
    world.grow_old()
    world.begin_renewal()
    world.clock.time_ms += 3_600_000
    assert (world.value(), world.value.behind()) == (1, True)
    assert (world.value(), world.value.behind()) == (1, True)
    world.end_renewal()


def test_a_clock_that_is_set_back_does_not_stop_the_refreshes(world: World) -> None:
    """The time that has passed counts."""
    world.clock.time_ms -= 3_600_000
    world.clock.passed_ms += EVERY_MS
    world.begin_renewal()
    world.end_renewal()
    assert world.value() == 2


def test_a_fallback_serves_until_the_first_load_succeeds() -> None:
    """It is behind from the start, and the error is told."""
    answers: list[Callable[[], str]] = [lambda: _raise(RuntimeError("no table")), lambda: "value"]
    clock, errors = FixedClock(0), list[Exception]()
    value = Refreshed(lambda _: answers.pop(0)(), clock, EVERY_MS, errors.append, fallback=lambda: "fallback")
    assert (value(), value.behind(), len(errors)) == ("fallback", True, 1)
    clock.time_ms += EVERY_MS
    assert (value(), value.behind()) == ("value", False)


def test_the_pause_between_failed_loads_doubles() -> None:
    """Up to a minute: a model of a hundred megabytes is not fetched every two seconds for ever."""
    loads: list[int] = []
    clock = FixedClock(0)

    def load(_: object) -> str:
        loads.append(clock.time_ms)
        raise RuntimeError("broken")

    value = Refreshed(load, clock, EVERY_MS, lambda _: None, fallback=str)
    for _ in range(200):
        value()
        clock.time_ms += EVERY_MS
    pauses = [after - before for before, after in pairwise(loads)]
    assert pauses[:4] == [EVERY_MS, 2 * EVERY_MS, 4 * EVERY_MS, 8 * EVERY_MS]
    assert max(pauses) == 60_000
