"""The mappings that come with Millstream, each against rows as its data set has them (made up)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from millstream.domain.log.events import Event
from millstream.domain.log.kinds import EventKind
from millstream_tools.readers.mapping_file import read_mapping
from millstream_tools.readers.mapping_parts import ready_mappings
from millstream_tools.tables.errors import BadMappingError
from tests.builders import subject
from tests.importing import Shop
from tests.unit.tools.readers.test_named_formats import CASES

RATED, VIEWED, BOUGHT = EventKind.ItemRated, EventKind.ItemViewed, EventKind.ItemPurchased
FILES = {
    "movielens-1m": ("ratings.dat", "1::1193::5::978300760\n2::661::3::978302109\n"),
    "movielens-100k": ("u.data", "1\t1193\t5\t978300760\n2\t661\t3\t978302109\n"),
    "movielens-csv": ("ratings.csv", "userId,movieId,rating,timestamp\n1,1193,5.0,978300760\n2,661,3.0,978302109\n"),
    "recbole": ("x.inter", "user_id:token\titem_id:token\ttimestamp:float\n1\t1193\t978300760\n2\t661\t978302109\n"),
    "recbole-ratings": (
        "x.inter",
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t1193\t5\t978300760\n2\t661\t3\t978302109\n",
    ),
    "yoochoose-clicks": (
        "yoochoose-clicks.dat",
        "1,2000-12-31T22:12:40.000Z,1193,0\n2,2000-12-31T22:35:09.000Z,661,S\n",
    ),
    "yoochoose-session-rec": ("train.txt", "SessionId\tItemId\tTime\n1\t1193\t978300760.0\n2\t661\t978302109.0\n"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_data_set_of_visits_or_ratings_is_imported_by_its_name(tmp_path: Path, name: str) -> None:
    """Users, items, times to the second, ratings where there are any."""
    file_name, content = FILES[name]
    (tmp_path / file_name).write_text(content)
    shop = Shop()
    shop.imports_files(tmp_path / file_name, mapping=read_mapping(name, {}))
    assert not shop.rejects
    first, second = shop.records()
    assert (first.subject, second.subject) == (subject("1"), subject("2"))
    rated = "movielens" in name or "ratings" in name
    session = {"sessionId": "1"} if "yoochoose" in name else {}
    (found,) = first.events
    expected = (RATED, 5.0) if rated else (VIEWED, None)
    assert (found.kind, found.value, found.item_id, found.attributes) == (*expected, "1193", session)
    assert (found.occurred_at_ms, second.events[0].occurred_at_ms) == (978_300_760_000, 978_302_109_000)


LINES = [
    ("536365", "85123A", 6, datetime(2010, 12, 1, 8, 26), 2.55, 17850.0),  # noqa: DTZ001  # as the file has them
    ("536365", "71053", 6, datetime(2010, 12, 1, 8, 26), 3.39, 17850.0),  # noqa: DTZ001
    ("C536379", "D", -1, datetime(2010, 12, 1, 9, 41), 27.5, 14527.0),  # noqa: DTZ001
    ("536370", "22728", 24, datetime(2010, 12, 1, 8, 45), 3.75, None),  # noqa: DTZ001
    ("536371", "POST", 0, datetime(2010, 12, 1, 8, 50), 18.0, 12583.0),  # noqa: DTZ001
]
COLUMNS = ("InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID")


@pytest.mark.parametrize("name", ["retail.parquet", "retail.csv"])
def test_online_retail_is_imported_without_what_the_usual_cleaning_drops(tmp_path: Path, name: str) -> None:
    """As Parquet, and as pandas writes it as CSV: both are the same events."""
    path = tmp_path / name
    if name == "retail.parquet":
        pa_parquet.write_table(pa.table(dict(zip(COLUMNS, zip(*LINES, strict=True), strict=True))), path)
    else:
        cells = [",".join("" if cell is None else str(cell) for cell in line) for line in LINES]
        path.write_text("\n".join((",".join(COLUMNS), *cells)))
    shop = Shop()
    shop.imports_files(path, mapping=read_mapping("online-retail", {}))
    (record,) = shop.records()
    assert record.subject == subject("17850")
    assert [(e.kind, e.item_id, e.value) for e in record.events] == [(BOUGHT, "85123A", 2.55), (BOUGHT, "71053", 3.39)]
    assert isinstance(record.events[0], Event)
    assert record.events[0].attributes == {"sessionId": "536365", "quantity": 6}
    assert [reject.column for reject in shop.rejects] == ["InvoiceNo", "CustomerID", "Quantity"]


def test_every_ready_mapping_is_tried() -> None:
    """A mapping that nobody tried is a promise."""
    named = {name for name, *_ in CASES.values()}
    assert set(ready_mappings()) == {*FILES, *named, "online-retail", "pairs", "sequences", "ader-yoochoose"}


@pytest.mark.parametrize("name", ["pairs", "sequences"])
def test_an_order_without_times_is_no_history(tmp_path: Path, name: str) -> None:
    """A model can be fitted on it (tests/unit/tools/lab/test_sources.py); the log needs to know when."""
    (tmp_path / "x.txt").write_text("1 1193\n2 661\n")
    with pytest.raises(BadMappingError, match=r"columns\.time"):
        Shop().imports_files(tmp_path / "x.txt", mapping=read_mapping(name, {}))
