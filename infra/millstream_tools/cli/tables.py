"""Tables with unwrapped lines, so that values can be copied and searched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from rich.console import Console
from rich.table import Table

from millstream_tools.terminal import escape

_WIDE = 10_000


def table(names: Sequence[str], rows: Iterable[Sequence[object]], numbers: Collection[str] = ()) -> str:
    """A header line and one line per row; the columns in `numbers` are right-aligned."""
    lines = Table(box=None, pad_edge=False)
    for name in names:
        lines.add_column(name, justify="right" if name in numbers else "left", no_wrap=True)
    for row in rows:
        lines.add_row(*(escape(str(cell)) for cell in row))
    wide = Console(width=_WIDE)
    with wide.capture() as captured:
        wide.print(lines)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
