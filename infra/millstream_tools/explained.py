"""Errors whose words are meant for the person who sees them."""

from __future__ import annotations


class ExplainedError(Exception):
    """Something outside went wrong, and the message says what and what can be done; a program shows no traceback."""
