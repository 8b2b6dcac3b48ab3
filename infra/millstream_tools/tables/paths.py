"""Cells of nested rows by dotted names: `properties.product_id` is inside the object `properties`.

In a list of objects with `key` and `value`, as BigQuery exports have them, the name is a key:
`event_params.ga_session_id`. A name that a row has as it is, dots included, is that cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Cells = Sequence[Any]


def rows_of(wanted: Sequence[str], explode: str | None) -> Callable[[Mapping[str, Any]], Iterator[Cells]]:
    """A function that gives the wanted cells of a row; with `explode`, once for each element of that list.

    A row whose list is empty or absent gives cells once, without those of an element.
    """
    if explode is None:
        if not any("." in name for name in wanted):
            return lambda row: iter(([row.get(name) for name in wanted],))
        return lambda row: iter(([cell_of(row, name) for name in wanted],))
    inside = f"{explode}."

    def exploded(row: Mapping[str, Any]) -> Iterator[Cells]:
        found = cell_of(row, explode)
        for element in found if isinstance(found, list) and found else [{}]:
            holder = element if isinstance(element, dict) else {}
            yield [
                cell_of(holder, name.removeprefix(inside)) if name.startswith(inside) else cell_of(row, name)
                for name in wanted
            ]

    return exploded


def cell_of(row: Mapping[str, Any], name: str) -> Any:
    """The cell of a row by its dotted name; None if there is none."""
    if name in row:
        return row[name]
    head, dot, rest = name.partition(".")
    while dot:
        if head in row:
            return _inside(row[head], rest)
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return None


def names_in(row: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The dotted names of a row's cells; lists are cells."""
    for name, cell in row.items():
        if isinstance(cell, dict) and cell:
            yield from names_in(cell, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _inside(cell: Any, name: str) -> Any:
    if isinstance(cell, dict):
        return cell_of(cell, name)
    if isinstance(cell, list):
        for one in cell:
            if isinstance(one, dict) and one.get("key") == name:
                return _plain(one.get("value"))
    return None


def _plain(value: Any) -> Any:
    """BigQuery's {string_value, int_value, ...}: the one that is set."""
    if not isinstance(value, dict):
        return value
    return next((one for one in value.values() if one is not None), None)
