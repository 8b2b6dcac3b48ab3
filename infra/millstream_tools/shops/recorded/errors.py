"""Errors of recorded data.

DatasetError
├── UnknownDataError   no file of a known format: use another folder or file
└── BadDataError       a file of a known format with invalid content: repair the file
"""

from __future__ import annotations

from millstream_tools.explained import ExplainedError


class DatasetError(ExplainedError):
    """Data that cannot be played as a shop."""


class UnknownDataError(DatasetError):
    """The given path contains no known data set."""


class BadDataError(DatasetError):
    """A recognised file lacks columns, or holds a value that cannot be read."""
