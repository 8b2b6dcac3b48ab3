"""A row becomes an event by the checks of POST /events, or a reject that names the file's own column."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from millstream.domain.log.kinds import EventKind
from millstream.domain.log.submissions import parse_submission
from millstream_tools.readers.events import EventReader, ReadEvent
from millstream_tools.readers.mapping import ColumnMapping, Keep
from millstream_tools.readers.rejects import Reject
from millstream_tools.tables.parquet_numbers import Single
from millstream_tools.tables.rows import BadRow, Row
from tests.builders import NOW_MS, SECRET, entry, subject, submission

COLUMNS = {
    "user": "who",
    "item": "what",
    "time": "when",
    "event_type": "did",
    "value": "price",
    "session": "visit",
    "event_id": "id",
    "quantity": "n",
}
GOOD = {
    "who": "ann",
    "what": "lamp",
    "when": "1700000000",
    "did": "view",
    "price": "9.5",
    "visit": "v1",
    "id": "e1",
    "n": "",
}


def read(cells: dict[str, Any] | None = None, **said: Any) -> ReadEvent | Reject:
    """What a good row becomes where some of its cells are these."""
    mapping = ColumnMapping(**{"columns": COLUMNS} | said)
    row = GOOD | (cells or {})
    reader = EventReader(mapping, SECRET, NOW_MS)
    return reader.read("shop.csv", Row(7, [row[name] for name in mapping.wanted()], row), lambda _: "the row")


def event(cells: dict[str, Any] | None = None, **said: Any) -> ReadEvent:
    """The event that it becomes."""
    found = read(cells, **said)
    assert isinstance(found, ReadEvent), found
    return found


def reject(cells: dict[str, Any], **said: Any) -> Reject:
    """The reject that it becomes."""
    found = read(cells, **said)
    assert isinstance(found, Reject), found
    return found


def test_a_row_is_the_event_that_a_client_would_have_sent() -> None:
    """To the last attribute."""
    sent = entry(itemId="lamp", sentAt=1_700_000_000, eventValue=9.5, eventId="e1")
    call = submission(sent, user="ann", session="v1")
    assert event() == ReadEvent(subject("ann"), True, parse_submission(call, NOW_MS).accepted[0])


def test_a_row_without_an_id_has_the_id_that_the_api_would_give() -> None:
    """An event that was sent live and is imported too is recognised."""
    sent = entry(itemId="lamp", sentAt=1_700_000_000, eventValue=9.5, eventId=None)
    derived = parse_submission(submission(sent, user="ann", session="v1"), NOW_MS).accepted[0]
    assert event({"id": ""}) == ReadEvent(subject("ann"), False, derived)


@pytest.mark.parametrize(
    ("cell", "user"),
    [
        ("0017", "0017"),
        (17, "17"),
        (17.0, "17"),
        (17.5, "17.5"),
        (" ann ", "ann"),
        ("\u00a0ann\t", "ann"),
        ("17.0", "17"),
        ("1.17", "1.17"),
        ("v1.0", "v1.0"),
        (10**20, f"{10**20}"),
        (Decimal("17.00"), "17"),
        (Decimal("17.5"), "17.5"),
    ],
)
def test_an_id_is_a_text_as_it_is_and_a_number_as_people_write_it(cell: Any, user: str) -> None:
    """Parquet and JSON have numbers; pandas makes 17.0 of them."""
    assert event({"who": cell}).subject == subject(user)


def test_a_fraction_of_zeros_goes_where_the_mapping_says_whole_numbers() -> None:
    """A CSV file that pandas wrote; other texts stay."""
    assert event({"who": "17850.0"}, whole_numbers=("user",)).subject == subject("17850")
    assert event({"who": "17850.5"}, whole_numbers=("user",)).subject == subject("17850.5")


@pytest.mark.parametrize(
    "cell", [float(2**53), 1e20, "9007199254740993.0", "1.23457E+15", "9e+15", Single(2**24), -1e300]
)
@pytest.mark.parametrize("column", ["who", "what"])
def test_an_id_that_lost_digits_is_rejected(cell: Any, column: str) -> None:
    """Neighbouring ids are the same float: two people, or two items, would become one."""
    found = reject({column: cell})
    assert (found.column, found.expected) == (
        column,
        "an id with all its digits: export the column as text or whole numbers",
    )
    assert event({column: 2**53 + 1})
    assert event({column: str(2**53 + 1)})


@pytest.mark.parametrize(
    "cell", ["null", "NULL", "undefined", "None", " nan ", "[object Object]", "(not set)", "\\N", "  "]
)
def test_a_word_for_none_is_no_user_and_no_item(cell: str) -> None:
    """All anonymous visitors would be one user; a session or an event id may be absent, and is."""
    assert reject({"who": cell}).column == "who"
    assert reject({"what": cell}).column == "what"
    found = event({"visit": cell.strip(), "id": cell.strip()})
    assert ("sessionId" in found.event.attributes, found.named) == (False, False)


def test_the_words_for_none_are_the_mappings() -> None:
    """A shop may have a customer called Null."""
    assert event({"who": "Null"}, no_ids=()).subject == subject("Null")
    assert reject({"who": "Gast"}, no_ids=("gast",)).expected == "an id, not a word for none"


def test_ids_of_one_file_that_are_written_in_two_ways_are_rejected() -> None:
    """17 and 17.0 may be one user or two; each file decides by its first number, a mapping for all."""
    mapping = ColumnMapping(COLUMNS)
    reader = EventReader(mapping, SECRET, NOW_MS)

    def who(user: str) -> ReadEvent | Reject:
        row = GOOD | {"who": user}
        return reader.read("shop.csv", Row(7, [row[name] for name in mapping.wanted()], row), lambda _: "")

    def subjects(*users: str) -> list[object]:
        reader.begin_file()
        return [one.subject if isinstance(one, ReadEvent) else one.column for one in map(who, users)]

    assert subjects("ann", "17.0", "18.0", "18") == [subject("ann"), subject("17"), subject("18"), "who"]
    assert subjects("17", "18", "18.0") == [subject("17"), subject("18"), "who"]
    told = [event({"who": user}, whole_numbers=("user",)).subject for user in ("17", "17.0")]
    assert told == [subject("17"), subject("17")]
    assert event({"who": "17.0"}, whole_numbers=()).subject == subject("17.0")


@pytest.mark.parametrize("cell", ["9.5", 9.5, Decimal("9.5")])
def test_a_number_is_read_from_text_too(cell: Any) -> None:
    """CSV has nothing else."""
    assert event({"price": cell}).event.value == 9.5


@pytest.mark.parametrize("cell", ["", None, float("nan")])
def test_an_empty_cell_is_absent(cell: Any) -> None:
    """In CSV, in JSON, and as pandas writes nothing."""
    found = event({"price": cell, "visit": cell, "id": cell, "n": cell}).event
    assert (found.value, found.attributes) == (None, {})


def test_the_words_for_nothing_are_the_mappings() -> None:
    """Without them, all anonymous visitors would be one user NULL."""
    assert reject({"who": "NULL"}, missing=("", "NULL")).column == "who"
    assert event({"price": "NULL"}, missing=("", "NULL")).event.value is None


def test_event_types_are_translated() -> None:
    """What is no word of the shop's own is taken as it is."""
    types = {"1": "ItemAddedToCart"}
    assert event({"did": "1"}, event_types=types).event.kind is EventKind.ItemAddedToCart
    assert event({"did": 1}, event_types=types).event.kind is EventKind.ItemAddedToCart
    assert event({"did": "purchase"}, event_types=types).event.kind is EventKind.ItemPurchased


def test_a_quantity_counts_where_something_was_bought() -> None:
    """A column holds one for every row, also for views."""
    assert event({"did": "purchase", "n": "6.0"}).event.attributes["quantity"] == 6
    assert event({"did": "purchase", "n": ""}).event.attributes["quantity"] == 1
    assert "quantity" not in event({"did": "view", "n": "6"}).event.attributes


def test_a_time_is_checked_as_in_the_api() -> None:
    """An hour ahead is a clock that is wrong, more is a mistake; a row without a time is no event of now."""
    assert event({"when": (NOW_MS + 3_600_000) / 1000})
    assert reject({"when": (NOW_MS + 3_600_001) / 1000}).expected == "seconds since 1970, at most an hour ahead of now"
    assert reject({"when": ""}) == Reject("shop.csv", 7, "when", "a time", "null", "the row")
    assert event({"when": datetime(2023, 11, 14, 22, 13, 20)}).event.occurred_at_ms == 1_700_000_000_000  # noqa: DTZ001  # as files have them


@pytest.mark.parametrize(
    ("cells", "column", "expected"),
    [
        ({"who": ""}, "who", "a string of 1 to 256 characters"),
        ({"who": True}, "who", "a string of 1 to 256 characters"),
        ({"who": "a\udcfc"}, "who", "text in UTF-8"),
        ({"who": ["ann"]}, "who", "a string of 1 to 256 characters"),
        ({"what": "x" * 257}, "what", "a string of 1 to 256 characters"),
        ({"what": float("inf")}, "what", "a string of 1 to 256 characters"),
        ({"when": "yesterday"}, "when", "seconds, milliseconds, microseconds or nanoseconds since 1970"),
        ({"when": "inf"}, "when", "seconds, milliseconds, microseconds or nanoseconds since 1970"),
        ({"when": "-1"}, "when", "seconds, milliseconds, microseconds or nanoseconds since 1970"),
        ({"when": "1969-12-31"}, "when", "seconds since 1970, at most an hour ahead of now"),
        ({"did": "teleported"}, "did", "an event type as in POST /events"),
        ({"did": ""}, "did", "an event type"),
        ({"did": None}, "did", "an event type"),
        ({"did": ["view"]}, "did", "an event type as in POST /events"),
        ({"did": 3}, "did", "an event type as in POST /events"),
        ({"price": "9,50"}, "price", "a finite number"),
        ({"price": "inf"}, "price", "a finite number"),
        ({"price": True}, "price", "a finite number"),
        ({"price": "1e999"}, "price", "a finite number"),
        ({"visit": "x" * 257}, "visit", "a string of 1 to 256 characters"),
        ({"id": ["e1"]}, "id", "a string of 1 to 256 characters"),
        ({"did": "purchase", "n": "-1"}, "n", ""),
        ({"did": "purchase", "n": "1.5"}, "n", ""),
        ({"did": "purchase", "n": "many"}, "n", ""),
        ({"did": "purchase", "n": float("inf")}, "n", ""),
    ],
)
def test_a_row_that_does_not_fit_names_its_column(cells: dict[str, Any], column: str, expected: str) -> None:
    """The file's own name for it, and what was expected."""
    found = reject(cells)
    assert (found.file, found.line, found.column, found.row) == ("shop.csv", 7, column, "the row")
    assert found.expected.startswith(expected)


def test_a_row_that_breaks_a_rule_is_rejected_with_the_rules_words() -> None:
    """Cancelled invoices, returned goods."""
    real = Keep("visit", "an invoice that is no cancellation", not_starting_with="C")
    assert reject({"visit": "C17"}, keep=(real,)) == Reject(
        "shop.csv", 7, "visit", "an invoice that is no cancellation", "'C17'", "the row", asked=True
    )
    assert event({"visit": "17"}, keep=(real,))
    assert event({"visit": None}, keep=(real,))


@pytest.mark.parametrize(
    ("cell", "kept"), [("1", True), (1.0, True), ("0", False), ("", False), ("x", False), (None, False)]
)
def test_a_rule_about_a_number_needs_a_number(cell: Any, kept: bool) -> None:
    """An empty cell is no positive quantity."""
    found = read({"n": cell}, keep=(Keep("n", "a positive quantity", at_least=1),))
    assert isinstance(found, ReadEvent) is kept


def test_a_row_that_could_not_be_taken_apart_is_rejected_as_a_whole() -> None:
    """With what its reader said."""
    reader = EventReader(ColumnMapping(COLUMNS), SECRET, NOW_MS)
    found = reader.read("shop.csv", BadRow(3, "8 cells", "7", ["a"]), lambda raw: raw[0])
    assert found == Reject("shop.csv", 3, "row", "8 cells", "7", "a")
    assert str(found) == "shop.csv:3: row: expected 8 cells, got 7"
