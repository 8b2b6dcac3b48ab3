"""Files with the declared attributes of users, as `up` and `models fit` take them."""

from __future__ import annotations

from pathlib import Path

from millstream.domain.declaration import parse_declaration
from millstream_tools.explained import ExplainedError


def declaration_text(file: Path) -> str:
    """The text of a declaration, which was checked. Raises ExplainedError, InvalidInputError."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExplainedError(f"{file}: expected a declaration of attributes, JSON in UTF-8: {error}") from error
    parse_declaration(text)
    return text
