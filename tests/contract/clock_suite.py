"""What every Clock must honour."""

from __future__ import annotations

from abc import ABC, abstractmethod

import pytest

from millstream.application.ports import Clock

YEAR_2026_MS = 1_767_225_600_000
YEAR_2200_MS = 7_258_118_400_000


class ClockSuite(ABC):
    """Give a clock; inherit the promises."""

    @pytest.fixture
    @abstractmethod
    def clock(self) -> Clock:
        """A clock."""

    def test_it_counts_whole_milliseconds_since_1970(self, clock: Clock) -> None:
        """Not seconds, not nanoseconds, and no fractions: the log has no room for them."""
        now_ms = clock.now_ms()
        assert type(now_ms) is int
        assert YEAR_2026_MS <= now_ms < YEAR_2200_MS

    def test_it_does_not_run_backwards(self, clock: Clock) -> None:
        """From one reading to the next."""
        readings = [clock.now_ms() for _ in range(100)]
        assert readings == sorted(readings)

    def test_the_time_that_has_passed_does_not_run_backwards(self, clock: Clock) -> None:
        """In whole milliseconds."""
        readings = [clock.elapsed_ms() for _ in range(100)]
        assert readings == sorted(readings)
        assert type(readings[0]) is int
