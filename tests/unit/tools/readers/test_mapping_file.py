"""A mapping out of a YAML file or from the command line; what makes no sense is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from millstream_tools.readers.mapping import ColumnMapping, Keep, TimeForm
from millstream_tools.readers.mapping_file import read_mapping
from millstream_tools.readers.mapping_parts import ready_mappings
from millstream_tools.tables.errors import BadMappingError
from millstream_tools.tables.form import Form
from tests.importing import PLAIN

FULL = """
format: {kind: csv, delimiter: ";", quoted: false, header: [who, what, when, did, n], encoding: latin-1}
columns: {user: who, item: what, time: when, event_type: did, quantity: n}
time: {unit: milliseconds, pattern: "%d.%m.%Y", zone: Europe/Berlin}
event_types: {kauf: ItemPurchased, blick: view}
whole_numbers: [user]
missing: ["NULL"]
keep:
  - {column: who, not_starting_with: test-, expected: a real customer}
  - {column: n, at_least: 1}
"""


def test_a_full_mapping_is_read_field_by_field(tmp_path: Path) -> None:
    """Everything that can be said."""
    path = tmp_path / "shop.yaml"
    path.write_text(FULL)
    assert read_mapping(str(path), {}) == ColumnMapping(
        columns={"user": "who", "item": "what", "time": "when", "event_type": "did", "quantity": "n"},
        form=Form("csv", ";", quoted=False, header=("who", "what", "when", "did", "n"), encoding="latin-1"),
        time=TimeForm("milliseconds", "%d.%m.%Y", "Europe/Berlin"),
        event_types={"kauf": "ItemPurchased", "blick": "view"},
        whole_numbers=("user",),
        missing=("", "NULL"),
        keep=(Keep("who", "a real customer", not_starting_with="test-"), Keep("n", "at least 1", at_least=1.0)),
    )


def test_three_columns_on_the_command_line_are_enough() -> None:
    """Every row is a view then; times are seconds or ISO 8601."""
    mapping = read_mapping(None, {"user": "u", "item": "i", "time": "t"})
    assert mapping == ColumnMapping({"user": "u", "item": "i", "time": "t", "event_type": "=ItemViewed"})
    assert mapping.wanted() == ("u", "i", "t")
    assert mapping.event_type == "ItemViewed"


def test_an_option_goes_before_the_mapping() -> None:
    """The rest of the mapping stays."""
    mapping = read_mapping("movielens-csv", {"event_type": "=ItemViewed", "session": "visit"})
    assert mapping.columns["session"] == "visit"
    assert mapping.event_type == "ItemViewed"
    assert mapping.columns["user"] == "userId"


def test_every_wanted_column_is_read_once() -> None:
    """Also where two fields and a rule need it."""
    mapping = read_mapping("online-retail", {})
    assert sorted(mapping.wanted()) == sorted(
        ["CustomerID", "StockCode", "InvoiceDate", "UnitPrice", "InvoiceNo", "Quantity"]
    )


@pytest.mark.parametrize("name", ready_mappings())
def test_every_ready_mapping_is_in_order(name: str) -> None:
    """Each names user, item and time."""
    assert read_mapping(name, {}).wanted()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("colums: {}", "mapping: expected only the names format, columns, attributes, time, .*got 'colums'"),
        (
            "columns: {user: a, item: b}",
            r"columns.time: expected a column \(--time COLUMN\), or a mapping .*got nothing",
        ),
        ("columns: {user: 7, item: b, time: c}", "columns.user: expected a string .*got 7"),
        ("columns: {who: a}", "columns: expected only the names user, item, time, .*got 'who'"),
        ("columns: [a]", 'columns: expected a mapping .*got ."a".'),
        ("- a", "mapping: expected a mapping"),
        ("format: {kind: xlsx}", "format.kind: expected one of csv, jsonl, parquet, sequences, got 'xlsx'"),
        ("format: {delimiter: ''}", "format.delimiter: expected a string .*got ''"),
        ("format: {quoted: maybe}", "format.quoted: expected true or false, got 'maybe'"),
        ("format: {header: a}", "format.header: expected a list, got 'a'"),
        (
            "format: {header: [1]}",
            r"format.header\[0\]: expected a string \(in quotes if it looks like a number\), got 1",
        ),
        (
            "format: {encoding: klingon}",
            "format.encoding: expected an encoding such as utf-8, cp1252 or utf-16, got 'klingon'",
        ),
        (
            "time: {unit: days}",
            "time.unit: expected one of seconds, milliseconds, microseconds, nanoseconds, excel, got 'days'",
        ),
        (
            "time: {zone: Mars/Olympus}",
            "time.zone: expected a time zone such as UTC or Europe/London, got 'Mars/Olympus'",
        ),
        ("event_types: {buy: ItemTeleported}", "event_types.buy: expected one of ItemViewed, .*got 'ItemTeleported'"),
        ("whole_numbers: [value]", "whole_numbers: expected one of user, item, session, event_id, got 'value'"),
        ("keep: [{column: a}]", r"keep\[0\]: expected one of not_starting_with, at_least and one_of, got \[.column.\]"),
        ("keep: [{column: a, at_least: x}]", r"keep\[0\].at_least: expected a number, got 'x'"),
        ("keep: [{at_least: 1}]", r"keep\[0\].column: expected a string .*got nothing"),
        (
            "columns: {event_type: '=Teleported', user: a, item: b, time: c}",
            "columns.event_type: expected a column, or =",
        ),
        ("columns: {user: [", "expected a mapping in YAML: while parsing"),
    ],
)
def test_what_makes_no_sense_is_named(tmp_path: Path, content: str, told: str) -> None:
    """Field, what was expected, what came."""
    path = tmp_path / "shop.yaml"
    path.write_text(content)
    with pytest.raises(BadMappingError, match=told):
        read_mapping(str(path), {})


def test_a_mapping_that_is_not_there_is_answered_with_those_that_are() -> None:
    """A name or a file."""
    with pytest.raises(BadMappingError, match=r"--mapping: expected a file, or one of .*online-retail.*, got 'retail'"):
        read_mapping("retail", {})


def test_no_mapping_at_all_says_what_is_needed() -> None:
    """And names the ready ones."""
    with pytest.raises(BadMappingError, match=r"columns.user: expected a column \(--user COLUMN\), or a mapping"):
        read_mapping(None, {})
    assert read_mapping(None, PLAIN)
