from __future__ import annotations

import time

import pytest

from millstream.adapters.local.system_clock import SystemClock
from millstream.adapters.memory import FixedClock
from millstream.application.ports import Clock
from tests.builders import NOW_MS
from tests.contract.clock_suite import ClockSuite


class TestSystemClock(ClockSuite):
    @pytest.fixture
    def clock(self) -> Clock:
        """The machine's."""
        return SystemClock()

    def test_it_says_what_the_machine_says(self, clock: Clock) -> None:
        """Between two readings of the machine's own clock."""
        before = int(time.time() * 1000)
        assert before <= clock.now_ms() <= int(time.time() * 1000) + 1


class TestFixedClock(ClockSuite):
    @pytest.fixture
    def clock(self) -> Clock:
        """The tests'."""
        return FixedClock(NOW_MS)

    def test_it_moves_only_when_it_is_told_to(self, clock: Clock) -> None:
        """By whoever holds it."""
        assert isinstance(clock, FixedClock)
        assert clock.now_ms() == NOW_MS
        clock.time_ms += 5
        assert clock.now_ms() == NOW_MS + 5
