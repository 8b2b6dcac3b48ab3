"""Text of clients, as a terminal may see it."""

from __future__ import annotations

import json

from rich.markup import escape as without_markup

from millstream.domain.errors import UNPRINTABLE, printable


def escape(text: str) -> str:
    """One line that can neither control the terminal nor pass for Rich's markup."""
    return without_markup(printable(text))


def json_text(value: object) -> str:
    """JSON in which control characters are escaped."""
    lines = json.dumps(value, indent=2, ensure_ascii=False).split("\n")
    return "\n".join(UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", line) for line in lines)
