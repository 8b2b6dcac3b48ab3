"""What is recognised in a file, and what is proposed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from millstream_tools.readers.guessing import guess, mapping_of, unused_by
from millstream_tools.readers.mapping_file import read_mapping, recognised_by
from millstream_tools.tables.errors import BadMappingError
from tests.importing import Shop
from tests.unit.tools.readers.test_named_formats import CASES, written
from tests.unit.tools.readers.test_ready_mappings import FILES

ORDERS = """customer_id;article;ordered at;event;brand;price
u1;i1;14.11.2023 22:13;View;acme;1,50
u2;i2;15.11.2023 22:13;addtocart;acme;2,50
u3;i3;16.11.2023 22:13;buy;acme;1.003,50
"""


@pytest.mark.parametrize("case", CASES)
def test_an_export_is_recognised_by_its_columns(tmp_path: Path, case: str) -> None:
    """And read as by its name: nothing has to be told."""
    name, file_name, content, _, _ = CASES[case]
    path = written(tmp_path, file_name, content)
    mapping, ready = mapping_of(path, None, {}, {})
    assert (ready, mapping) == (name, read_mapping(name, {}))
    assert guess(path, None, {}, {}).ready == name


RECOGNISED = sorted(name for name in FILES if recognised_by(name))


@pytest.mark.parametrize("name", RECOGNISED)
def test_a_data_set_is_recognised_by_its_columns(tmp_path: Path, name: str) -> None:
    """Of two that fit, the one that says more about the columns."""
    file_name, content = FILES[name]
    (tmp_path / file_name).write_text(content)
    assert mapping_of(tmp_path / file_name, None, {}, {}) == (read_mapping(name, {}), name)
    assert "recbole-ratings" in RECOGNISED


def test_a_guess_is_a_mapping_that_can_be_saved(tmp_path: Path) -> None:
    """Columns, event types, the pattern of times, decimal commas; it says what it does not use."""
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS)
    found = guess(path, None, {}, {})
    assert found.guessed == {
        "columns": {
            "user": "customer_id",
            "item": "article",
            "time": "ordered at",
            "event_type": "event",
            "value": "price",
        },
        "time": {"pattern": "%d.%m.%Y %H:%M"},
        "event_types": {"View": "ItemViewed", "addtocart": "ItemAddedToCart", "buy": "ItemPurchased"},
        "decimal_comma": True,
    }
    assert (found.seen.form.delimiter, found.ready, found.unused) == (";", None, ["brand"])
    (tmp_path / "shop.yaml").write_text(yaml.safe_dump(found.guessed))
    saved = read_mapping(str(tmp_path / "shop.yaml"), {})
    assert saved == found.mapping
    shop = Shop()
    shop.imports_files(path, mapping=saved)
    assert [(event.kind.name, event.item_id, event.value) for record in shop.records() for event in record.events] == [
        ("ItemViewed", "i1", 1.5),
        ("ItemAddedToCart", "i2", 2.5),
        ("ItemPurchased", "i3", 1003.5),
    ]


def test_what_is_told_is_not_guessed(tmp_path: Path) -> None:
    """Nor is a column used twice; with all told, nothing is guessed."""
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS)
    found = guess(path, None, {"user": "brand", "event_type": "=ItemPurchased"}, {"time": {"zone": "Europe/Berlin"}})
    assert found.mapping.columns["user"] == "brand"
    assert found.mapping.event_type == "ItemPurchased"
    assert (found.mapping.time.zone, found.mapping.time.pattern) == ("Europe/Berlin", "%d.%m.%Y %H:%M")
    assert unused_by(found.mapping, path) == ["customer_id", "event"]


def test_a_guess_is_no_mapping_to_import_by(tmp_path: Path) -> None:
    """The error has the columns of the file and the options that are probably meant."""
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS)
    with pytest.raises(BadMappingError) as refused:
        mapping_of(path, None, {"item": "article"}, {})
    said = str(refused.value)
    assert "columns.user: expected a column (--user COLUMN)" in said
    assert "the file has customer_id, article, ordered at, event, brand, price" in said
    assert "perhaps --user 'customer_id' --time 'ordered at'" in said


def test_day_and_month_are_not_guessed_if_either_may_be_first(tmp_path: Path) -> None:
    """One day after the twelfth decides it."""
    lines = ["user,item,time", "u,i,02/03/2023 10:00"]
    path = tmp_path / "h.csv"
    path.write_text("\n".join(lines))
    assert guess(path, None, {}, {}).mapping.time.pattern is None
    path.write_text("\n".join([*lines, "u,i,02/13/2023 10:00"]))
    assert guess(path, None, {}, {}).mapping.time.pattern == "%m/%d/%Y %H:%M"


def test_a_date_in_a_column_of_its_own_is_proposed(tmp_path: Path) -> None:
    """If the times are only of the day; the pattern is that of both."""
    path = tmp_path / "h.csv"
    path.write_text("user,item,date,time\nu1,i1,14.11.2023,22:13\nu2,i2,15.11.2023,22:13\n")
    found = guess(path, None, {}, {})
    assert (found.mapping.columns["date"], found.mapping.columns["time"]) == ("date", "time")
    assert found.mapping.time.pattern == "%d.%m.%Y %H:%M"
    shop = Shop()
    shop.imports_files(path, mapping=found.mapping)
    assert [record.recorded_at_ms for record in shop.records()] == [1_699_999_980_000, 1_700_086_380_000]


def test_nested_names_are_guessed_by_their_ends(tmp_path: Path) -> None:
    """CloudEvents, with what happened inside."""
    event = {"id": "1", "time": "2023-11-14T22:13:20Z", "type": "view", "data": {"customer": {"id": "x"}, "sku": "i1"}}
    path = tmp_path / "h.json"
    path.write_text(json.dumps([event], indent=1))
    found = guess(path, None, {"user": "data.customer.id"}, {})
    assert dict(found.mapping.columns) == {
        "user": "data.customer.id",
        "item": "data.sku",
        "time": "time",
        "event_type": "type",
    }
    assert found.unused == ["id"]


def test_a_file_without_a_header_says_so(tmp_path: Path) -> None:
    """Its first row is no list of names."""
    path = tmp_path / "h.csv"
    path.write_text("1,1193,978300760\n2,661,978302109\n")
    with pytest.raises(BadMappingError, match="--header A,B,C"):
        mapping_of(path, None, {}, {})
