"""Numbers whose type says how exact they are."""

from __future__ import annotations


class Single(float):
    """A float that was stored in 32 bits, and is exact for whole numbers up to 2**24 only."""
