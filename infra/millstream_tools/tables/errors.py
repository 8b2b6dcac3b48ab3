"""What can be wrong with an import as a whole. What is wrong with one row is a Reject.

ImportingError
├── BadMappingError     the mapping or the options: change them
├── BadFileError        the file cannot be read as what it is said to be: repair it, or say what it is
└── TooManyRejectsError more rows were refused than is acceptable: look at the reject file
"""

from __future__ import annotations

from millstream_tools.explained import ExplainedError


class ImportingError(ExplainedError):
    """An import that cannot go on; nothing of it is in the log."""


class BadMappingError(ImportingError):
    """A mapping says something that makes no sense; the message names the field, what was expected, and what came."""


class BadFileError(ImportingError):
    """A file as a whole cannot be read."""


class TooManyRejectsError(ImportingError):
    """More rows were rejected than the user allows, or all of them."""
