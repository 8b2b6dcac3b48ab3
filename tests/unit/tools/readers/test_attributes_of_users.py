"""Files with columns that are attributes of users, and files of users."""

from __future__ import annotations

from pathlib import Path

import pytest

from millstream.domain.attributes import codes_of
from millstream.domain.declaration import parse_declaration
from millstream.domain.keys import pseudonym
from millstream.domain.log.kinds import EventKind
from millstream_tools.readers.mapping import ColumnMapping
from millstream_tools.readers.mapping_file import read_mapping
from millstream_tools.tables.errors import BadMappingError
from tests.builders import SECRET
from tests.importing import Shop, table

DECLARED = parse_declaration(
    '{"land": {"number": 1, "values": {"AT": 1, "DE": 2}}, "age": {"number": 3, "values": {"18": 1, "25": 2}}}'
)


def shop_with(rows: list[dict[str, object]], mapping: ColumnMapping, folder: Path) -> Shop:
    """A shop that imported these rows."""
    shop = Shop()
    shop.declared = DECLARED
    shop.imports_files(table(folder / "rows.csv", rows), mapping=mapping)
    return shop


def test_each_event_has_the_attributes_of_its_row(tmp_path: Path) -> None:
    """In one record as long as they are the same; an empty cell says nothing, and a value is cut at its blanks."""
    rows: list[dict[str, object]] = [
        {"user": "ann", "item": f"i{at}", "time": 1_700_000_000 + at, "Country": country, "Age": age}
        for at, (country, age) in enumerate([("AT", 18), ("AT", 18), (" DE ", ""), ("AT", 25)])
    ]
    mapping = read_mapping(
        None, {"user": "user", "item": "item", "time": "time"}, {"attributes": {"land": "Country", "age": "Age"}}
    )
    shop = shop_with(rows, mapping, tmp_path)
    assert [(len(one.events), codes_of(one.attributes)[:3]) for one in shop.records()] == [
        (2, (1, 0, 1)), (1, (2, 0, 0)), (1, (1, 0, 2)),
    ]  # fmt: skip


def test_a_value_that_is_not_declared_rejects_its_row(tmp_path: Path) -> None:
    """With the column, and what is declared."""
    rows: list[dict[str, object]] = [
        {"user": "ann", "item": "a", "time": 1_700_000_000, "Country": country} for country in ("AT", "DE", "CH")
    ]
    mapping = read_mapping(None, {"user": "user", "item": "item", "time": "time"}, {"attributes": {"land": "Country"}})
    (reject,) = shop_with(rows, mapping, tmp_path).rejects
    assert (reject.column, reject.got) == ("Country", "'CH'")
    assert "AT, DE" in reject.expected


def test_a_file_of_users_needs_neither_items_nor_times(tmp_path: Path) -> None:
    """Its rows become descriptions, in their order; one that says nothing is rejected."""
    rows: list[dict[str, object]] = [
        {"id": "ann", "land": "AT"}, {"id": "bob", "land": "DE"}, {"id": "cem", "land": ""},
        {"id": "ann", "land": "DE"},
    ]  # fmt: skip
    mapping = read_mapping(None, {"user": "id", "event_type": "=describe"}, {"attributes": {"land": "land"}})
    shop = shop_with(rows, mapping, tmp_path)
    said = [(one.subject, one.events[0].kind, codes_of(one.attributes)[0]) for one in shop.records()]
    assert said == [
        (pseudonym(user, SECRET), EventKind.UserDescribed, code) for user, code in (("ann", 1), ("bob", 2), ("ann", 2))
    ]
    assert [reject.line for reject in shop.rejects] == [4]
    (entry,) = shop.imports.entries()
    assert entry.times is None, "it has no place among the times of a history"


@pytest.mark.parametrize(
    ("columns", "told", "named"),
    [
        ({"user": "id", "item": "i", "event_type": "=UserDescribed"}, {}, "columns.item"),
        ({"user": "id"}, {"attributes": {"land": "land"}}, "columns.item"),
        ({"event_type": "=UserDescribed"}, {"attributes": {"land": "land"}}, "columns.user"),
        ({"user": "id", "event_type": "=UserDescribed"}, {"attributes": {"land": 7}}, "attributes.land"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(columns: dict[str, str], told: dict[str, object], named: str) -> None:
    """By the part that is wrong."""
    with pytest.raises(BadMappingError, match=named):
        read_mapping(None, columns, told)
