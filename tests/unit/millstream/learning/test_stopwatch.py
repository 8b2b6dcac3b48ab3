"""Seconds, of the wall clock and of all cores."""

from __future__ import annotations

import time

import pytest

from millstream.learning.stopwatch import Seconds, Stopwatch, summed


def test_a_watch_tells_waiting_from_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the cores, only what was used; and it goes on when it was read."""
    wall, cpu = iter([100.0, 107.0, 110.0]), iter([3.0, 4.5, 5.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(wall))
    monkeypatch.setattr(time, "process_time", lambda: next(cpu))
    watch = Stopwatch()
    assert watch.seconds() == (7.0, 1.5)
    assert watch.seconds() == (10.0, 2.0)


def test_seconds_add_up() -> None:
    """Of none there are none."""
    assert summed([Seconds(1.0, 2.0), Seconds(3.0, 0.5)]) == (4.0, 2.5)
    assert summed([]) == (0.0, 0.0)


def test_seconds_are_told_by_name() -> None:
    """With what they were for where a table has several."""
    assert Seconds(1.0, 2.0).named() == {"wall": 1.0, "CPU": 2.0}
    assert Seconds(1.0, 2.0).named("fit") == {"fit, wall": 1.0, "fit, CPU": 2.0}
