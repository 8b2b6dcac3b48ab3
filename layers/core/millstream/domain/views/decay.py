"""Forward decay: an event's weight grows with its time since a fixed landmark, so stored weights need no updates.

Weights are exact powers of two times a table of literals: no call into the machine's mathematics library, whose last
bit differs between processors, so a rebuild on another machine gives the same bytes.
Source: Cormode, Shkapenyuk, Srivastava, Xu, "Forward Decay" (ICDE 2009).
"""

from __future__ import annotations

from math import ldexp

STEPS_PER_HALF_LIFE = 8
HALF_LIVES_PER_ERA = 64
"""The landmark moves by this many half-lives at a time, before a weight could overflow a double."""

_EIGHTH_POWERS = (
    1.0,
    1.0905077326652577,
    1.189207115002721,
    1.2968395546510096,
    1.4142135623730951,
    1.5422108254079407,
    1.681792830507429,
    1.8340080864093424,
)
"""2**(i/8), written out."""


def weight(occurred_at_ms: int, half_life_ms: int, era: int) -> float:
    """The weight of an event, relative to the landmark of `era`; it doubles every half-life, in eight steps."""
    steps = occurred_at_ms * STEPS_PER_HALF_LIFE // half_life_ms - era * HALF_LIVES_PER_ERA * STEPS_PER_HALF_LIFE
    return ldexp(_EIGHTH_POWERS[steps % STEPS_PER_HALF_LIFE], steps // STEPS_PER_HALF_LIFE)


def era_of(occurred_at_ms: int, half_life_ms: int) -> int:
    """The era of a time."""
    return occurred_at_ms // (half_life_ms * HALF_LIVES_PER_ERA)


def moved(value: float, eras: int) -> float:
    """A weight relative to a landmark `eras` later: an exact multiplication by a power of two."""
    return ldexp(value, -eras * HALF_LIVES_PER_ERA)
