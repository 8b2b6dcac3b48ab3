"""What a command found, as lines for people or as JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping

import typer

from millstream_tools.cli.console import print_line
from millstream_tools.terminal import json_text


def answer(found: Mapping[str, object], lines: str | list[str], *, as_json: bool) -> None:
    """Print the lines, in which no text of a client can control the terminal; or what was found, as JSON."""
    if as_json:
        typer.echo(json_text(found))
        return
    for line in [lines] if isinstance(lines, str) else lines:
        print_line(line)
