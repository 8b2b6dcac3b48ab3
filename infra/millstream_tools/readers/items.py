"""Read catalogue files: each row is an item for PUT /items, or a reject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from millstream.application.replay.progress import Progress
from millstream.domain.catalogue.publications import parse_publication
from millstream.domain.errors import InvalidInputError
from millstream_tools.readers.ids import Blank, IdColumn
from millstream_tools.readers.item_mapping import FIELDS, ItemColumns
from millstream_tools.readers.numbers import number_of, number_with_comma
from millstream_tools.readers.rejects import Reject
from millstream_tools.tables.errors import BadMappingError
from millstream_tools.tables.opening import column_names, open_rows
from millstream_tools.tables.rows import BadRow, Row, hint_of

ATTRIBUTES = "attributes"
"""A JSON object in this column gives attributes for all its entries."""

_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class ReadItem(NamedTuple):
    """The body of an item."""

    body: dict[str, Any]


class ItemFile:
    """One file of items, read by the given columns and those named like FIELDS."""

    def __init__(self, path: Path, columns: ItemColumns) -> None:
        """Raises BadFileError, BadMappingError, OSError."""
        self._path, self._form, self._missing = path, columns.form, columns.missing
        self._number = number_with_comma if columns.decimal_comma else number_of
        self._no_ids = frozenset(columns.no_ids)
        self.notes: Counter[str] = Counter()
        blank = Blank(frozenset(columns.missing), frozenset())
        self._id = IdColumn(0, "itemId", columns.whole_numbers, blank, self.notes)
        found = column_names(path, columns.form)
        named = dict(columns.fields)
        self._fields = {one: named.get(one, one) for one in FIELDS if one in named or one in found}
        if "itemId" not in self._fields:
            raise BadMappingError(
                f"{path}: expected a column itemId, or --item COLUMN, got {', '.join(found)}{hint_of(found)}"
            )
        self._attributes = tuple(columns.attributes)
        self._object = ATTRIBUTES if ATTRIBUTES in found and ATTRIBUTES not in self._attributes else None
        self._wanted = tuple(
            dict.fromkeys([*self._fields.values(), *self._attributes, *([self._object] if self._object else [])])
        )
        self.unused = tuple(name for name in found if name not in self._wanted)
        has_attributes = bool(self._attributes or self._object)
        self.unset = (*(one for one in FIELDS if one not in self._fields), *(() if has_attributes else (ATTRIBUTES,)))
        """The fields that no column fills: items that have them lose them."""

    def read(self, progress: Progress) -> Iterator[ReadItem | Reject]:
        """Every row. Raises BadFileError."""
        rows = open_rows(self._path, self._form, self._wanted)
        told = 0
        with closing(rows), progress(f"Publishing {self._path.name}", rows.total) as advance:
            for row in rows:
                yield self._of(row, rows.text)
                done = rows.done()
                advance(done - told)
                told = done

    def _of(self, row: Row | BadRow, text: Any) -> ReadItem | Reject:
        if isinstance(row, BadRow):
            return Reject(self._path.name, row.line, "row", row.expected, row.got, text(row.raw))
        cells = dict(zip(self._wanted, row.cells, strict=True))
        try:
            body = self._body(cells)
            parse_publication(body)
        except InvalidInputError as error:
            name = error.field.rpartition(".")[2]
            return Reject(
                self._path.name, row.line, self._fields.get(name, name), error.expected, error.got, text(row.raw)
            )
        return ReadItem(body)

    def _body(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        body = {one: self._cell(one, cells[column]) for one, column in self._fields.items()}
        attributes = self._attributes_of(cells[self._object]) if self._object else {}
        attributes |= {name: self._attribute(cells[name]) for name in self._attributes}
        body[ATTRIBUTES] = {name: value for name, value in attributes.items() if value is not None}
        return {name: value for name, value in body.items() if value is not None}

    def _attributes_of(self, cell: Any) -> dict[str, Any]:
        """The entries of a cell that is an object, or a map of Parquet. Raises InvalidInputError for any other."""
        if cell is None or cell in self._missing:
            return {}
        is_map = isinstance(cell, list) and all(isinstance(entry, tuple) for entry in cell)
        if not isinstance(cell, dict) and not is_map:
            raise InvalidInputError(ATTRIBUTES, "an object (a column of text is one attribute: --attribute)", cell)
        return dict(cell)

    def _cell(self, name: str, cell: Any) -> Any:
        """A cell converted to the field's type; unchanged if impossible, for the validation to reject."""
        if name == "itemId":
            return self._item_id(cell)
        if cell is None or cell in self._missing or cell != cell:  # noqa: PLR0124  # not a number, as some write nothing
            return None
        if name == "price" and isinstance(cell, str):
            return self._number(cell, self._missing)
        if name == "available":
            return _FLAGS.get(str(cell).strip().lower(), cell)
        if name == "category" and isinstance(cell, int) and not isinstance(cell, bool):
            return str(cell)
        return cell

    def _item_id(self, cell: Any) -> Any:
        item_id = self._id([cell])
        if isinstance(item_id, str) and item_id.lower() in self._no_ids:
            raise InvalidInputError("itemId", "an id, not a word for none", item_id)
        return item_id

    def _attribute(self, cell: Any) -> Any:
        """A number if the text is one, so that filters compare by value."""
        if isinstance(cell, str):
            return self._number(cell, self._missing)
        return None if cell is None or cell != cell else cell  # noqa: PLR0124  # the same
