"""What can be wrong with data that a user brings.

DatasetError
├── UnknownDataError   no file of a kind that is known: bring another folder or file
└── BadDataError       a known kind of file, but its content is not as expected: repair the file
"""

from __future__ import annotations

from millstream_tools.explained import ExplainedError


class DatasetError(ExplainedError):
    """Data that cannot be played as a shop."""


class UnknownDataError(DatasetError):
    """Nothing in the given place looks like a data set that is known."""


class BadDataError(DatasetError):
    """A recognised file lacks columns, or holds a value that cannot be read."""
