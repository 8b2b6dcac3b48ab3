"""Reading Online Retail, on made-up rows."""

from __future__ import annotations

from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest

from millstream_tools.shops.contract import Behaviour, BehaviourKind
from millstream_tools.shops.recorded import BadDataError, RecordedShop, open_shop
from tests.unit.tools.shops.recorded.made_up import RETAIL_HEADER, RETAIL_LINES, retail_csv, written


def _open(path: Path, live_fraction: float = 0.5) -> RecordedShop:
    return open_shop(path, seed=1, probes=2, live_fraction=live_fraction)


def _events(shop: RecordedShop) -> list[Behaviour]:
    live = (behaviour for day in shop.days() for visit in day.visits for step in visit.steps()
            for behaviour in getattr(step, "behaviours", ()))  # fmt: skip
    return [*shop.history(), *live]


def test_what_is_dropped_is_counted_with_its_reason(tmp_path: Path) -> None:
    """Each line counts under the first reason that fits it."""
    summary = "\n".join(_open(retail_csv(tmp_path)).summary())
    assert "read 10 invoice lines" in summary
    assert "dropped 1 that have no customer" in summary
    assert "dropped 1 that belong to a cancellation" in summary
    assert "dropped 1 that have no positive quantity" in summary
    assert "dropped 0 that lack invoice, product or time" in summary
    assert "merged 1 lines that repeat a product of their invoice; 6 purchases remain" in summary


def test_lines_are_played_by_time_then_invoice_then_place_in_the_file(tmp_path: Path) -> None:
    """Whatever order the file has."""
    assert [(b.session_id, b.item_id) for b in _events(_open(retail_csv(tmp_path)))] == [
        ("1001", "B"),
        ("1001", "A"),
        ("1002", "A"),
        ("1003", "C"),
        ("1007", "A"),
        ("1007", "D"),
    ]


def test_a_purchase_is_worth_quantity_times_price_over_all_lines_of_the_product(tmp_path: Path) -> None:
    """Two lines of two and three at 2.50 are one purchase of 12.50; a gift is worth nothing and stays."""
    events = _events(_open(retail_csv(tmp_path)))
    assert [event.value for event in events] == [12.5, 4.0, 4.0, 0.0, 18.0, 9.0]
    assert {event.event_type for event in events} == {BehaviourKind.PURCHASED}
    assert [event.user_id for event in events] == ["8", "8", "7", "7", "9", "9"]


def test_a_product_is_named_by_its_most_frequent_description_and_priced_by_the_median(tmp_path: Path) -> None:
    """A free product has no price; one misspelling changes no name."""
    shop = _open(retail_csv(tmp_path))
    products = {product.item_id: product for day in shop.days() for product in day.new_products}
    products |= {product.item_id: product for product in shop.products()}
    assert (products["A"].name, products["A"].price) == ("RED LAMP", 4.0)
    assert (products["B"].name, products["B"].price) == ("BLUE LAMP", 2.5)
    assert products["C"].price is None
    assert products["A"].category == ""  # only three products share the word


def test_a_last_word_that_five_products_share_is_a_category(tmp_path: Path) -> None:
    """Sizes and punctuation after it do not count."""
    lines = [f"1,{n},FINE BOWL {n},1,2020-03-01 09:00:00,1.0,8,Utopia" for n in range(5)]
    products = _open(retail_csv(tmp_path, [*lines, "2,X,A PLATE,1,2020-03-02 09:00:00,1.0,8,Utopia"]), 0.2).products()
    assert [product.category for product in products] == ["Bowl"] * 5


def test_products_first_sold_after_the_cut_are_news_of_their_day(tmp_path: Path) -> None:
    """They are not in the catalogue at the cut."""
    shop = _open(retail_csv(tmp_path))
    assert {product.item_id for product in shop.products()} == {"A", "B"}
    assert [(day.label, [product.item_id for product in day.new_products]) for day in shop.days()] == [
        ("2020-03-03", ["C"]),
        ("2020-03-05", ["D"]),
    ]


def test_csv_compressed_csv_and_parquet_are_the_same_shop(tmp_path: Path) -> None:
    """Event ids included: they come from what the rows say."""
    folders = [tmp_path / name for name in ("plain", "compressed", "parquet")]
    for folder in folders:
        folder.mkdir()
    plain = retail_csv(folders[0])
    retail_csv(folders[1], name="online.csv.gz")
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(plain), folders[2] / "online.parquet")
    one, two, three = (_events(_open(folder)) for folder in folders)
    assert one == two == three


def test_american_dates_and_latin_letters_are_read(tmp_path: Path) -> None:
    """The way in which the sheet is often saved."""
    line = "1,A,CAFÉ CUP,1,12/1/2010 8:26,1.0,8,Utopia"
    path = written(tmp_path / "data.csv", (RETAIL_HEADER, line, line.replace("1,A", "2,A", 1)), "latin-1")
    shop = _open(path)
    assert shop.products()[0].name == "CAFÉ CUP"
    assert next(shop.history()).occurred_at == 1_291_191_960.0


def test_the_order_of_other_rows_does_not_change_an_event_id(tmp_path: Path) -> None:
    """A file that grew or was sorted replays the same events."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    one = {event.event_id for event in _events(_open(retail_csv(tmp_path / "a")))}
    more = [*RETAIL_LINES[::-1], "1008,A,RED LAMP,1,2020-03-06 10:00:00,4.0,7,Utopia"]
    other = {event.event_id for event in _events(_open(retail_csv(tmp_path / "b", more)))}
    assert one < other


def test_a_missing_column_is_named_beside_those_found(tmp_path: Path) -> None:
    """So that the user sees at once which one was renamed."""
    path = written(tmp_path / "data.csv", (RETAIL_HEADER.replace("UnitPrice", "Price"), *RETAIL_LINES))
    wanted = r"data\.csv: expected the columns .* missing \['UnitPrice'\]; found \['InvoiceNo'.*'Price'"
    with pytest.raises(BadDataError, match=wanted):
        _open(path)


def test_a_value_that_cannot_be_read_is_named_by_row_and_column(tmp_path: Path) -> None:
    """Line 3 of the file, column Quantity, value "two"."""
    lines = (RETAIL_LINES[0], RETAIL_LINES[1].replace(",2,", ",two,"))
    with pytest.raises(BadDataError, match=r"data\.csv: line 3: column 'Quantity': got 'two'"):
        _open(retail_csv(tmp_path, lines))


def test_a_file_without_any_purchase_is_refused(tmp_path: Path) -> None:
    """The message tells what was dropped."""
    with pytest.raises(BadDataError, match=r"got none after cleaning .*dropped 1 that have no customer"):
        _open(retail_csv(tmp_path, [RETAIL_LINES[6]]))


def test_a_workbook_is_refused_with_the_way_out(tmp_path: Path) -> None:
    """The University's own file is one."""
    (tmp_path / "Online Retail.xlsx").write_bytes(b"PK")
    with pytest.raises(BadDataError, match="save its sheet as CSV first"):
        _open(tmp_path)
