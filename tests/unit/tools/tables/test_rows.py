"""Rows of every kind of file, with their lines."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from millstream_tools.tables import csv_rows
from millstream_tools.tables import lines as limits
from millstream_tools.tables.errors import BadFileError
from millstream_tools.tables.form import Form
from millstream_tools.tables.opening import open_rows
from millstream_tools.tables.rows import BadRow, Row


def rows_of(path: Path, *wanted: str, **form: Any) -> list[Row | BadRow]:
    """All rows of a file."""
    return list(open_rows(path, Form(**form), wanted))


def cells_of(path: Path, *wanted: str, **form: Any) -> list[list[Any]]:
    """The cells of all rows of a file without bad rows."""
    rows = rows_of(path, *wanted, **form)
    assert all(isinstance(row, Row) for row in rows)
    return [list(row.cells) for row in rows if isinstance(row, Row)]


def written(path: Path, content: str | bytes) -> Path:
    """A file with this content; compressed, where its name says so."""
    data = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(gzip.compress(data) if path.suffix.lower() == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_csv_gives_the_wanted_columns_in_the_wanted_order(tmp_path: Path, name: str) -> None:
    """By the names of the header; quoted cells may hold delimiters and line ends."""
    path = written(tmp_path / name, 'a,b,c\n1,"x, ""y""\nz",3\n4,5,6\n')
    assert cells_of(path, "c", "b") == [["3", 'x, "y"\nz'], ["6", "5"]]
    assert cells_of(path, "b") == [['x, "y"\nz'], ["5"]]


def test_a_line_is_that_on_which_a_row_begins(tmp_path: Path) -> None:
    """The header is line 1; a quoted line end and an empty line count, as in every editor."""
    path = written(tmp_path / "a.csv", 'a,b\n1,"x\ny"\n\n2,z\r\n3,w')
    assert [(row.line, row.raw) for row in rows_of(path, "a")] == [(2, ["1", "x\ny"]), (5, ["2", "z"]), (6, ["3", "w"])]


def test_a_row_with_too_few_or_too_many_cells_is_bad_and_the_next_is_read(tmp_path: Path) -> None:
    """Cells that moved would be other fields."""
    path = written(tmp_path / "a.csv", "a,b\n1\n1,2,3\n1,2\n")
    few, many, good = rows_of(path, "a")
    assert (few, many) == (BadRow(2, "2 cells", "1", ["1"]), BadRow(3, "2 cells", "3", ["1", "2", "3"]))
    assert good == Row(4, ("1",), ["1", "2"])


ROWS = "u2,i2,2,ok\nu3,i3,3,fine\n"


@pytest.mark.parametrize(
    "stray",
    [
        'u1,i1,1,"never closed\n',
        'u1,"i1,1,closed by a later quote\nu8,i8",8,x\n',
        'u1,"i1,1,opened again\nu8,"i8, blue",8,x\n',
        '"u1,i1,1,x\n',
        'u1,i1,1,"TV 5" wide"\n',
    ],
)
def test_a_stray_quote_costs_its_own_line_and_no_other(tmp_path: Path, stray: str) -> None:
    """It is a bad row with its line; every line after it is a row again."""
    path = written(tmp_path / "a.csv", "user,item,at,title\n" + stray + ROWS * 2_000)
    bad, *others = rows_of(path, "user")
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.lines) == (2, 1)
    assert bad.expected.startswith("quotes around whole cells")
    assert len(others) == 4_000 + stray.count("\n") - 1
    assert all(isinstance(row, Row) and row.lines == 1 for row in others)


def test_a_quoted_cell_may_span_lines_and_they_are_counted(tmp_path: Path) -> None:
    """As spreadsheets write them; empty lines inside are part of it."""
    path = written(tmp_path / "a.csv", 'a,b,c\n1,"x\n\ny, z",3\n\n4,5,6\n')
    rows = open_rows(path, Form(), ["b"])
    assert [(row.line, row.lines) for row in rows] == [(2, 3), (6, 1)]
    assert (rows.header_lines, rows.blank_lines) == (1, 1)


def test_tabs_with_quotes_inside_cells_are_recognised(tmp_path: Path) -> None:
    """What a database exports; a file with quotes around its cells is read with quotes."""
    bare = written(tmp_path / "a.tsv", 'a\tb\n"Best" film\t1\n7" disc\t2\n')
    assert cells_of(bare, "a") == [['"Best" film'], ['7" disc']]
    quoted = written(tmp_path / "b.tsv", 'a\tb\n"Best\tfilm"\t1\n')
    assert cells_of(quoted, "a") == [["Best\tfilm"]]


@pytest.mark.parametrize("delimiter", [";", "|", "\t"])
def test_a_delimiter_is_recognised(tmp_path: Path, delimiter: str) -> None:
    """Whatever the suffix says; commas in numbers are no delimiters."""
    path = written(tmp_path / "a.csv", f"a{delimiter}b\nx{delimiter}1,5\ny{delimiter}2,5\n")
    assert cells_of(path, "b") == [["1,5"], ["2,5"]]


@pytest.mark.parametrize("name", ["a.csv", "A.CSV.GZ", "no-suffix"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_says_the_encoding_and_the_first_bytes_the_compression(
    tmp_path: Path, name: str, encoding: str
) -> None:
    """Names of files are not trusted for either."""
    assert cells_of(written(tmp_path / name, "a,b\nMünze,2\n".encode(encoding)), "a") == [["Münze"]]
    zipped = tmp_path / "b.csv"
    zipped.write_bytes(gzip.compress("a,b\nMünze,2\n".encode(encoding)))
    assert cells_of(zipped, "a") == [["Münze"]]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_line_without_end_is_passed_over(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is never held whole."""
    monkeypatch.setattr(limits, "LONGEST_LINE", 32)
    long, good = ("y" * 100, "1") if name == "a.csv" else (json.dumps({"a": "y" * 100}), '{"a": "1"}')
    path = written(tmp_path / name, ("a\n" if name == "a.csv" else good + "\n") + f"{long}\n{good}\n")
    *_, bad, last = rows_of(path, "a")
    assert isinstance(bad, BadRow)
    assert (bad.line, last.line) == (2, 3)
    assert isinstance(last, Row)


def test_a_delimiter_of_two_characters_is_split_as_it_is(tmp_path: Path) -> None:
    """MovieLens 1M; quotes mean nothing there."""
    path = written(tmp_path / "ratings.dat", '1::2::"3\r\n4::5::6\n')
    cells = cells_of(path, "x", "z", delimiter="::", header=("x", "y", "z"))
    assert cells == [["1", '"3'], ["4", "6"]]


def test_an_unquoted_form_takes_quotes_as_they_are(tmp_path: Path) -> None:
    """Tab files of data sets."""
    path = written(tmp_path / "a.tsv", 'a\tb\n"1\t2\n')
    assert cells_of(path, "a", quoted=False) == [['"1']]


def test_a_typed_header_names_the_columns_before_the_colon(tmp_path: Path) -> None:
    """RecBole."""
    path = written(tmp_path / "x.inter", "user_id:token\titem_id:token\n7\t8\n")
    assert cells_of(path, "item_id", typed_header=True) == [["8"]]


def test_the_first_line_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    """Excel writes one."""
    assert cells_of(written(tmp_path / "a.csv", b"\xef\xbb\xbfa,b\n1,2\n"), "a") == [["1"]]


def test_latin_1_is_read_where_the_mapping_says_so(tmp_path: Path) -> None:
    """And what is no UTF-8 comes through as something that no check takes for text."""
    path = written(tmp_path / "a.csv", "a\nMünze\n".encode("latin-1"))
    assert cells_of(path, "a", encoding="latin-1") == [["Münze"]]
    assert cells_of(path, "a") == [["M\udcfcnze"]]


def test_json_lines_give_what_each_object_has(tmp_path: Path) -> None:
    """A name that is not there is an empty cell; blank lines are nothing; what is no object is bad."""
    path = written(tmp_path / "a.jsonl.gz", '{"a": 1, "b": "x"}\n\n{"b": null}\n[1]\n{"a": \n{"a": true}\n')
    rows = rows_of(path, "a", "b")
    assert [(row.line, list(row.cells)) for row in rows if isinstance(row, Row)] == [
        (1, [1, "x"]),
        (3, [None, None]),
        (6, [True, None]),
    ]
    assert [(row.line, row.expected) for row in rows if isinstance(row, BadRow)] == [
        (4, "a JSON object"),
        (5, "a JSON object"),
    ]


def test_json_nested_beyond_all_depth_is_a_bad_row(tmp_path: Path) -> None:
    """Not the end of the process."""
    (row,) = rows_of(written(tmp_path / "a.jsonl", "[" * 100_000), "a")
    assert isinstance(row, BadRow)


def test_an_object_with_a_name_twice_is_a_bad_row_with_the_name(tmp_path: Path) -> None:
    """As in POST /events, at any depth; the objects around it are rows."""
    objects = ['{"a": 1}', '{"a": 2, "b": {"c": 1, "c": 1}}', '{"a": 3}\n', '{"a": 4, "a": 5}', '{"a": 6}\n']
    for name, text in (("a.jsonl", "".join(objects)), ("b.json", f"[{','.join(objects)}]")):
        rows = rows_of(written(tmp_path / name, text), "a")
        assert [list(row.cells) for row in rows if isinstance(row, Row)] == [[1], [3], [6]]
        assert [(row.line, row.expected, row.got) for row in rows if isinstance(row, BadRow)] == [
            (1, "a JSON object with each name once", "'c' twice"),
            (2, "a JSON object with each name once", "'a' twice"),
        ]


@pytest.mark.parametrize("between", [",", ", ", " ,\n", "\n, "])
@pytest.mark.parametrize("around", ["{}", '{{"a": 0}}\n{}\n{{"a": 9}}'])
@pytest.mark.parametrize("longest", [1 << 20, 24])
def test_each_element_of_an_array_is_a_row_of_its_own(
    tmp_path: Path, between: str, around: str, longest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An object, or a bad row that shows what it is: no element costs another one."""
    elements = [
        "1",
        '{"a": 1}',
        "null",
        '"x, {\\" ]"',
        "-1.5e3",
        '{"a": 2}',
        "true",
        "NULL",
        "[{}, 2]",
        '{"a": 3}',
        "{}",
    ]
    text = around.format(f"[{between.join(elements)}]")
    rows = open_rows(written(tmp_path / "a.json", text), Form(), ["a"])
    read = list(rows)
    outside = [[0], [9]] if "9" in around else []
    assert [list(row.cells) for row in read if isinstance(row, Row)] == [
        *outside[:1], [1], [2], [3], [None], *outside[1:],
    ]  # fmt: skip
    assert [(row.raw, row.expected) for row in read if isinstance(row, BadRow)] == [
        (element, "a JSON object") for element in elements if element[0] != "{"
    ]
    assert [row.got for row in read if isinstance(row, BadRow)] == [
        "a number", "null", "a string", "a number", "a boolean",
        "Expecting value: line 1 column 1 (char 0)", "an array",
    ]  # fmt: skip
    assert sum(row.lines for row in read) + rows.blank_lines == len(text.splitlines())


OBJECTS: list[dict[str, Any]] = [
    {"a": 1, "b": {"c": "}{]["}},
    {"a": 2, "b": {"c": '\\"'}},
    {"a": 3, "b": {"c": [{"d": 1}]}},
]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("".join(map(json.dumps, OBJECTS)), [1, 0, 0]),
        (json.dumps(OBJECTS), [1, 0, 0]),
        (json.dumps(OBJECTS, indent=2), None),
        ("\r\n".join(json.dumps(one, indent=1) for one in OBJECTS), None),
        ("[\n" + ",\n".join(map(json.dumps, OBJECTS)) + "\n]\n", [1, 1, 1]),
        ("\n\n".join(map(json.dumps, OBJECTS)), [1, 1, 1]),
    ],
)
@pytest.mark.parametrize("longest", [1 << 20, 120])
def test_json_objects_are_read_however_they_are_written(
    tmp_path: Path, text: str, lines: list[int] | None, longest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without line ends as Firehose does, in an array, or spread over lines; also in lines longer than is held."""
    monkeypatch.setattr(limits, "LONGEST_LINE", longest)
    rows = open_rows(written(tmp_path / "a.json", text), Form(), ["a", "b"])
    read = list(rows)
    assert [list(row.cells) for row in read if isinstance(row, Row)] == [[one["a"], one["b"]] for one in OBJECTS]
    assert lines is None or [row.lines for row in read] == lines
    assert sum(row.lines for row in read) + rows.blank_lines == len(text.splitlines())


def test_an_object_that_is_not_closed_costs_its_lines_and_no_other(tmp_path: Path) -> None:
    """In JSON lines, and in a pretty-printed file."""
    in_lines = rows_of(written(tmp_path / "a.jsonl", '{"a": 1}\n{"a": \n{"a": 2}\n'), "a")
    assert [(row.line, type(row)) for row in in_lines] == [(1, Row), (2, BadRow), (3, Row)]
    first = rows_of(written(tmp_path / "b.jsonl", '{"a": \n{"a": 1}\n{"a": 2}\n'), "a")
    assert [(row.line, type(row)) for row in first] == [(1, BadRow), (2, Row), (3, Row)]


def test_an_array_that_was_cut_off_is_said(tmp_path: Path) -> None:
    """At its end, after the objects that are whole; brackets that close nothing are no row either."""
    rows = rows_of(written(tmp_path / "a.json", '[{"a": 1},\n{"a": 2},\n'), "a")
    assert [(row.line, type(row), row.lines) for row in rows] == [(1, Row, 1), (2, Row, 1), (2, BadRow, 0)]
    stray = rows_of(written(tmp_path / "b.jsonl", '{"a": 1}\n]\n{"a": 2}\n'), "a")
    assert [(row.line, type(row)) for row in stray] == [(1, Row), (2, BadRow), (3, Row)]


def test_dotted_names_reach_into_objects_and_one_list_becomes_rows(tmp_path: Path) -> None:
    """As GA4 and Segment export; the same from JSON and from Parquet."""
    content = {
        "user": {"id": "ann"},
        "a.b": "as it is",
        "params": [{"key": "session", "value": {"string_value": None, "int_value": 17}}],
        "items": [{"id": "x", "price": {"net": 1}}, {"id": "y", "price": {"net": 2}}],
    }
    names = ("user.id", "a.b", "params.session", "items.id", "items.price.net")
    expected = [["ann", "as it is", 17, "x", 1], ["ann", "as it is", 17, "y", 2]]
    assert cells_of(written(tmp_path / "a.jsonl", json.dumps(content)), *names, explode="items") == expected
    pa_parquet.write_table(pa.Table.from_pylist([content]), tmp_path / "a.parquet")
    assert cells_of(tmp_path / "a.parquet", *names, explode="items") == expected


def test_parquet_binary_columns_are_text(tmp_path: Path) -> None:
    """As Spark and Impala write strings; bytes that are no UTF-8 come through as no valid text."""
    pa_parquet.write_table(
        pa.table({"a": pa.array(["Münze".encode(), b"\xff", None], pa.binary())}), tmp_path / "a.parquet"
    )
    assert cells_of(tmp_path / "a.parquet", "a") == [["Münze"], ["\udcff"], [None]]


def test_parquet_gives_the_wanted_columns_row_by_row(tmp_path: Path) -> None:
    """A row's line is its number; nanoseconds are more than Python's times hold and are dropped."""
    moments = pa.array([1_700_000_000_123_456_789, None], pa.timestamp("ns"))
    path = tmp_path / "a.parquet"
    pa_parquet.write_table(pa.table({"a": [1, 2], "b": ["x", None], "t": moments}), path)
    rows = rows_of(path, "t", "b")
    assert [(row.line, list(row.cells)) for row in rows if isinstance(row, Row)] == [
        (1, [datetime(2023, 11, 14, 22, 13, 20, 123456), "x"]),  # noqa: DTZ001  # as files have them
        (2, [None, None]),
    ]


def test_a_row_can_be_shown(tmp_path: Path) -> None:
    """As the file has it, or nearly."""
    csv_file = open_rows(written(tmp_path / "a.csv", "a,b\n1,2\n"), Form(), ["b"])
    assert [csv_file.text(row.raw) for row in csv_file] == ["1,2"]
    json_file = open_rows(written(tmp_path / "a.jsonl", ' {"a": 1} \n'), Form(), ["a"])
    assert [json_file.text(row.raw) for row in json_file] == ['{"a": 1}']
    pa_parquet.write_table(pa.table({"a": [1], "b": ["ü"]}), tmp_path / "a.parquet")
    parquet_file = open_rows(tmp_path / "a.parquet", Form(), ["b"])
    assert [parquet_file.text(row.raw) for row in parquet_file] == ['{"b": "ü"}']


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.parquet"])
def test_progress_reaches_the_whole(tmp_path: Path, name: str) -> None:
    """From next to nothing."""
    path = tmp_path / name
    if name == "a.parquet":
        pa_parquet.write_table(pa.table({"a": ["1"] * 100}), path)
    else:
        written(path, "a\n" + "".join(f"{number * 7919 % 104_729}\n" for number in range(150_000)))  # past any buffer
    rows = open_rows(path, Form(), ["a"])
    done = [rows.done() for _ in rows]
    assert done == sorted(done)
    assert done[0] < rows.total == rows.done()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", "x,y\n1,2\n", "expected a column a, got only x, y"),
        ("a.csv", "a,a\n1,2\n", "expected a column a, got it more than once among a, a"),
        ("a.csv", "", "expected column names"),
        ("a.xlsx", "PK\x03\x04", "a zip archive or a spreadsheet: unpack it, or save the sheet as CSV"),
        ("a.csv", "1,2\n", r"got only 1, 2 \(no header"),
        ("a.parquet.gz", "", "expected a Parquet file"),
        ("a.parquet", "a,b\n", "expected a Parquet file"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_named_with_the_reason(
    tmp_path: Path, name: str, content: str, told: str
) -> None:
    """And nothing is imported."""
    with pytest.raises(BadFileError, match=told) as raised:
        rows_of(written(tmp_path / name, content), "a")
    assert name in str(raised.value)


def test_a_compressed_file_that_ends_too_early_is_told_with_the_last_good_line(tmp_path: Path) -> None:
    """A download that broke off is no history."""
    whole = gzip.compress("".join(f"{number},{number * 7919 % 104_729}\n" for number in range(50_000)).encode())
    path = tmp_path / "a.csv.gz"
    path.write_bytes(whole[: len(whole) // 2])
    rows = open_rows(path, Form(header=("a", "b")), ["a"])
    with pytest.raises(BadFileError, match=r"a\.csv\.gz: expected a gzip file, .* after line"):
        list(rows)


def test_only_a_few_rows_of_a_file_are_in_memory(tmp_path: Path) -> None:
    """Rows come while the file is being read."""
    path = written(tmp_path / "a.csv", "a\n" + "1\n" * 500_000)
    rows = open_rows(path, Form(), ["a"])
    next(iter(rows))
    assert isinstance(rows, csv_rows.CsvRows)
    assert rows.done() < rows.total / 2
