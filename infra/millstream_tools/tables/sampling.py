"""The first rows of a file with all their cells, to recognise what is in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from millstream_tools.tables.form import Form
from millstream_tools.tables.opening import column_names, open_rows
from millstream_tools.tables.paths import names_in
from millstream_tools.tables.recognition import recognised
from millstream_tools.tables.rows import Row

SAMPLE_ROWS = 200


class Sample(NamedTuple):
    """The format of a file as recognised, the names of its cells (dotted if nested), and its first rows."""

    form: Form
    names: tuple[str, ...]
    rows: list[Mapping[str, Any]]


def sample(path: Path, form: Form) -> Sample:
    """Read the first rows of a file. Raises BadFileError, OSError."""
    form = recognised(path, form)
    rows = list(islice(_objects(path, form) if form.kind == "jsonl" else _rows(path, form), SAMPLE_ROWS))
    nested = dict.fromkeys(name for row in rows for name in names_in(row))
    return Sample(form, tuple(nested) or column_names(path, form), rows)


def _rows(path: Path, form: Form) -> Iterator[Mapping[str, Any]]:
    names = column_names(path, form)
    once = [name for name in names if names.count(name) == 1]
    with closing(open_rows(path, form, once)) as rows:
        for row in rows:
            if isinstance(row, Row):
                yield dict(zip(once, row.cells, strict=True))


def _objects(path: Path, form: Form) -> Iterator[Mapping[str, Any]]:
    from millstream_tools.tables.json_rows import JsonRows

    with closing(JsonRows(path, form, ())) as rows:
        yield from rows.objects()
