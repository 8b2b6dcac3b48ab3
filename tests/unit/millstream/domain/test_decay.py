"""Forward decay is exact: the same bits on every machine."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import pytest

from millstream.domain.views.decay import HALF_LIVES_PER_ERA, STEPS_PER_HALF_LIFE, era_of, moved, weight

HALF_LIFE = 8_000
ERA = HALF_LIFE * HALF_LIVES_PER_ERA


def test_a_weight_doubles_with_each_half_life_to_the_bit() -> None:
    """A factor of exactly two, wherever in its half-life an event lies."""
    for at in range(0, HALF_LIFE, 500):
        assert weight(at + HALF_LIFE, HALF_LIFE, 0) == 2 * weight(at, HALF_LIFE, 0)


@pytest.mark.parametrize("step", range(STEPS_PER_HALF_LIFE))
def test_the_eighth_powers_of_two_are_written_out_correctly(step: int) -> None:
    """Each is the double next to the true value, which is computed here with fifty digits."""
    at = step * HALF_LIFE // STEPS_PER_HALF_LIFE
    with localcontext(prec=50):
        assert weight(at, HALF_LIFE, 0) == float(Decimal(2) ** (Decimal(step) / STEPS_PER_HALF_LIFE))
    assert weight(at, HALF_LIFE, 0) == weight(at + HALF_LIFE // STEPS_PER_HALF_LIFE - 1, HALF_LIFE, 0)


def test_a_weight_of_the_landmark_is_one() -> None:
    """In every era."""
    for era in (0, 1, 1000):
        assert weight(era * ERA, HALF_LIFE, era) == 1.0
        assert era_of(era * ERA, HALF_LIFE) == era
        assert era_of(era * ERA - 1, HALF_LIFE) == era - 1


@pytest.mark.parametrize("at", [0, 1_234, ERA - 1, ERA, 3 * ERA + 77])
def test_moving_the_landmark_changes_no_proportion(at: int) -> None:
    """A weight seen from a later landmark is the weight that the later landmark gives, to the bit."""
    assert moved(weight(at, HALF_LIFE, 0), 2) == weight(at, HALF_LIFE, 2)


def test_no_weight_of_an_era_overflows() -> None:
    """The heaviest of an era, a million times over."""
    assert math.isfinite(weight(ERA - 1, HALF_LIFE, 0) * 1e6)
