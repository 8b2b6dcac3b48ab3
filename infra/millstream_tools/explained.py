"""Errors that are reported to the user by their message alone."""

from __future__ import annotations


class ExplainedError(Exception):
    """An expected failure outside the program. The message explains it; programs show no traceback."""
