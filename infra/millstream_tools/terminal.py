"""Text of clients, as a terminal may see it."""

from __future__ import annotations

import json
import re

from rich.markup import escape as without_markup

from millstream.domain.errors import printable

_CONTROLS = re.compile("[\\x7f-\\x9f\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")
"""What JSON leaves as it is although a terminal obeys it, or cannot print it."""


def escape(text: str) -> str:
    """One line that can neither control the terminal nor pass for Rich's markup."""
    return without_markup(printable(text))


def json_text(value: object) -> str:
    """JSON in which control characters are escaped."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, indent=2, ensure_ascii=False))
