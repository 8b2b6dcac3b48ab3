"""Errors of an import as a whole. Errors of single rows are rejects.

ImportingError
├── BadMappingError     the mapping or the options are invalid: change them
├── BadFileError        the file cannot be read in its format: repair it, or specify the format
└── TooManyRejectsError more rows were rejected than allowed: see the reject file
"""

from __future__ import annotations

from millstream_tools.explained import ExplainedError


class ImportingError(ExplainedError):
    """An import failed before anything was stored."""


class BadMappingError(ImportingError):
    """An invalid mapping; the message has the field, the expected and the actual value."""


class BadFileError(ImportingError):
    """A file as a whole cannot be read."""


class TooManyRejectsError(ImportingError):
    """More rows were rejected than the user allows, or all of them."""
