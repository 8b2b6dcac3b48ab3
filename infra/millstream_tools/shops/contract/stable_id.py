"""Deterministic ids and pseudo-random fractions, derived from their inputs."""

from __future__ import annotations

from hashlib import blake2b

_SEPARATOR = "\x1f"  # a control character that no id in a text file contains, so ("a", "bc") and ("ab", "c") differ
_LARGEST = 2.0**64


def stable_id(*parts: str | int) -> str:
    """The same 32 hex digits for the same parts, on every machine and in every run."""
    return _digest(parts, 16).hex()


def stable_fraction(*parts: str | int) -> float:
    """A pseudo-random number in [0, 1) that is a function of the parts."""
    return min(int.from_bytes(_digest(parts, 8)) / _LARGEST, 1.0 - 2.0**-53)


def _digest(parts: tuple[str | int, ...], size: int) -> bytes:
    return blake2b(_SEPARATOR.join(map(str, parts)).encode(), digest_size=size).digest()
