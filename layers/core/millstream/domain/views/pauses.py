"""Pauses between events, as rows store them: 5 bits of exponent and 8 of mantissa."""

from __future__ import annotations

PAUSE_BITS = 13


def pause_code(seconds: int) -> int:
    """Encode seconds: exact below 256 s, then within 0.8 %; never negative."""
    if seconds < 256:
        return max(0, seconds)
    exponent = seconds.bit_length() - 8
    return min(exponent, 31) << 8 | seconds >> exponent


def pause_s(code: int) -> int:
    """Decode a pause to seconds, rounded down."""
    return (code & 0xFF) << (code >> 8)
