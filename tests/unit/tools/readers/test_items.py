"""A catalogue out of a file: every row is an item or a reject."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from millstream.application.replay.progress import silently
from millstream_tools.readers.item_mapping import ItemColumns, read_item_columns
from millstream_tools.readers.items import ItemFile, ReadItem
from millstream_tools.readers.rejects import Reject
from millstream_tools.tables.errors import BadMappingError

LAMP = {"itemId": "lamp", "name": "Red lamp", "category": "Light", "price": 9.5, "available": False, "attributes": {}}


def read(path: Path, columns: ItemColumns = ItemColumns()) -> list[ReadItem | Reject]:  # noqa: B008  # frozen
    return list(ItemFile(path, columns).read(silently))


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_columns_named_as_in_the_api_need_no_option(tmp_path: Path) -> None:
    """In any order; an empty cell is an absent field."""
    path = written(
        tmp_path / "items.csv",
        "price,itemId,name,available,category,description",
        "9.5,lamp,Red lamp,no,Light,",
        ",rug,,yes,,",
    )
    assert read(path) == [ReadItem(LAMP), ReadItem({"itemId": "rug", "available": True, "attributes": {}})]


def test_other_columns_are_named(tmp_path: Path) -> None:
    """An attribute is a number where it is one; what is not named is told to be unused."""
    path = written(tmp_path / "items.tsv", "sku\ttitle\tcolour\tweight\tnote", "7\tLamp\tred\t1.5\tx")
    items = ItemFile(path, ItemColumns({"itemId": "sku", "name": "title"}, ("colour", "weight")))
    (item,) = items.read(silently)
    assert item == ReadItem({"itemId": "7", "name": "Lamp", "attributes": {"colour": "red", "weight": 1.5}})
    assert items.unused == ("note",)


def test_json_lines_may_have_attributes_as_an_object(tmp_path: Path) -> None:
    """As PUT /items takes them."""
    lamp: dict[str, Any] = {**LAMP, "attributes": {"colour": "red", "dimmable": True}}
    assert read(written(tmp_path / "items.jsonl", json.dumps(lamp))) == [ReadItem(lamp)]


def test_a_field_of_json_that_the_first_object_lacks_is_read(tmp_path: Path) -> None:
    """Each object says what it has."""
    objects: list[dict[str, Any]] = [
        {"itemId": "rug", "note": "x"},
        {"itemId": "lamp", "price": 9.5, "attributes": {"colour": "red"}, "shelf": 3},
    ]
    items = ItemFile(written(tmp_path / "items.jsonl", *map(json.dumps, objects)), ItemColumns())
    assert [row.body for row in items.read(silently) if isinstance(row, ReadItem)] == [
        {"itemId": "rug", "attributes": {}},
        {"itemId": "lamp", "price": 9.5, "attributes": {"colour": "red"}},
    ]
    assert (items.unused, items.unset) == (("note", "shelf"), ("name", "category", "description", "available"))


def test_attributes_of_parquet_may_be_a_map(tmp_path: Path) -> None:
    """As Spark writes them."""
    maps = pa.array([[("colour", "red"), ("shelf", "3")]], pa.map_(pa.string(), pa.string()))
    pa_parquet.write_table(pa.table({"itemId": ["a"], "attributes": maps}), tmp_path / "items.parquet")
    assert read(tmp_path / "items.parquet") == [
        ReadItem({"itemId": "a", "attributes": {"colour": "red", "shelf": "3"}})
    ]


@pytest.mark.parametrize("cell", ["red", 5, [1], ["ab"], False])
def test_attributes_that_are_no_object_are_rejected(tmp_path: Path, cell: Any) -> None:
    """The other rows are items; an empty cell is none."""
    objects: list[dict[str, Any]] = [{"itemId": "a", "attributes": cell}, {"itemId": "b", "attributes": ""}]
    reject, item = read(written(tmp_path / "items.jsonl", *map(json.dumps, objects)))
    assert isinstance(reject, Reject)
    assert (reject.line, reject.column) == (1, "attributes")
    assert item == ReadItem({"itemId": "b", "attributes": {}})


def test_parquet_is_read_too(tmp_path: Path) -> None:
    """Ids that pandas made numbers are whole again, and nothing is a price of nothing."""
    path = tmp_path / "items.parquet"
    pa_parquet.write_table(pa.table({"itemId": [17.0, 18.0], "price": [1.5, None]}), path)
    assert read(path) == [
        ReadItem({"itemId": "17", "price": 1.5, "attributes": {}}),
        ReadItem({"itemId": "18", "attributes": {}}),
    ]


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        ("lamp,cheap,yes", "price", "a finite number"),
        (",1,yes", "sku", "a string of 1 to 256 characters"),
        ("lamp,1,perhaps", "available", "true or false"),
        ("lamp,1", "row", "3 cells"),
    ],
)
def test_a_row_that_is_no_item_is_a_reject_that_names_its_column(
    tmp_path: Path, line: str, column: str, expected: str
) -> None:
    """And the next one is read."""
    path = written(tmp_path / "items.csv", "sku,price,available", line, "rug,2,yes")
    reject, item = read(path, ItemColumns({"itemId": "sku"}))
    assert isinstance(reject, Reject)
    assert (reject.line, reject.column, reject.expected) == (2, column, expected)
    assert item == ReadItem({"itemId": "rug", "price": 2.0, "available": True, "attributes": {}})


def test_a_file_without_ids_is_refused_with_what_it_has(tmp_path: Path) -> None:
    """The option is named."""
    with pytest.raises(BadMappingError, match="--item COLUMN, got sku, title"):
        ItemFile(written(tmp_path / "items.csv", "sku,title", "1,Lamp"), ItemColumns())


def test_item_ids_are_read_like_those_of_events(tmp_path: Path) -> None:
    """Otherwise an item would not be the one that the events are about: 17.0, blanks, words for none."""
    path = written(tmp_path / "items.csv", "itemId,name", "17.0,Lamp", " 18.0 ,Rug", "undefined,None", "1.5E+15,Big")
    lamp, rug, word, rounded = read(path)
    assert lamp == ReadItem({"itemId": "17", "name": "Lamp", "attributes": {}})
    assert rug == ReadItem({"itemId": "18", "name": "Rug", "attributes": {}})
    assert isinstance(word, Reject)
    assert isinstance(rounded, Reject)
    assert (word.column, word.expected) == ("itemId", "an id, not a word for none")
    assert rounded.column == "itemId"


def test_a_mapping_file_says_all_that_options_say(tmp_path: Path) -> None:
    """Columns, attributes, format, decimal commas; options come before it."""
    (tmp_path / "items.yaml").write_text(
        "columns: {itemId: sku, name: title, price: preis}\nattributes: [farbe]\ndecimal_comma: true\n"
        "missing: ['-']\nformat: {kind: csv, delimiter: ';', encoding: cp1252, header: [sku, title, preis, farbe]}\n"
    )
    path = tmp_path / "items.txt"
    path.write_bytes("1;T\xfcr;1.009,50;-\n2;Tor;3,5;gr\xfcn\n".encode("latin-1"))
    columns = read_item_columns(str(tmp_path / "items.yaml"), {})
    assert read(path, columns) == [
        ReadItem({"itemId": "1", "name": "Tür", "price": 1009.5, "attributes": {}}),
        ReadItem({"itemId": "2", "name": "Tor", "price": 3.5, "attributes": {"farbe": "grün"}}),
    ]
    (first, _) = read(path, read_item_columns(str(tmp_path / "items.yaml"), {"name": "farbe"}, ("title",)))
    assert first == ReadItem({"itemId": "1", "price": 1009.5, "attributes": {"title": "Tür"}})
    with pytest.raises(BadMappingError, match="only the names"):
        read_item_columns("movielens-csv", {})
