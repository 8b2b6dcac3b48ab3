"""Each reader on a made-up file of its format, and on the real one where MILLSTREAM_DATA names a folder with it."""

from __future__ import annotations

import gzip
import hashlib
import os
import tarfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from millstream.domain.errors import InvalidInputError
from millstream_tools.lab.data.interactions import Interactions
from millstream_tools.lab.data.sources import FORMATS, read
from millstream_tools.lab.data.sources.digest import sha256_of_rows
from millstream_tools.lab.data.sources.pairs import read_ml_1m
from millstream_tools.lab.data.sources.simulated import simulated
from millstream_tools.shops.recorded.errors import BadDataError, UnknownDataError
from tests.unit.tools.lab.made_up import rows_of
from tests.unit.tools.shops.recorded.made_up import movielens_csv, retail_csv, written, yoochoose_tsv


@pytest.mark.parametrize("name", ["pairs.txt", "pairs.txt.gz"])
def test_pairs_keep_the_order_of_the_file(tmp_path: Path, name: str) -> None:
    """There is no time to sort by."""
    data = read("pairs", written(tmp_path / name, ("7 30", "7 10", "8 30", "7 30")))
    assert rows_of(data) == [("7", "30"), ("7", "10"), ("8", "30"), ("7", "30")]
    assert not data.timed


def test_ml_1m_is_taken_only_with_the_published_digest(tmp_path: Path) -> None:
    """A file with one line more is another data set; the digest is of the content, compressed or not."""
    path = written(tmp_path / "ml-1m_sas.txt.gz", ("1 1", "1 2"))
    with pytest.raises(BadDataError, match="sha256 b725f3acb"):
        read("ml-1m_sas", path)
    digest = hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest()
    assert len(read_ml_1m(path, digest)) == 2


def test_sequences_become_a_row_an_item(tmp_path: Path) -> None:
    """A line is a user."""
    data = read("s3rec", written(tmp_path / "Toys.txt", ("1 5 6 5", "2 6")))
    assert rows_of(data) == [("1", "5"), ("1", "6"), ("1", "5"), ("2", "6")]


def test_many_rows_of_one_moment_keep_the_order_of_the_file(tmp_path: Path) -> None:
    """So that a run can be repeated, and each user's ties stay as they were published."""
    items = [str(number * 37 % 500) for number in range(500)]
    lines = (f"a\t{item}\t1\t{2 - place % 2}" for place, item in enumerate(items))
    data = read("recbole", written(tmp_path / "tiny.inter", (INTER[0], *lines)))
    assert [item for _, item in rows_of(data)] == items[1::2] + items[::2]


@pytest.mark.parametrize("line", ["3", "", "1 9"])
def test_a_line_without_items_or_of_a_user_who_was_there_is_refused(tmp_path: Path, line: str) -> None:
    """The error says which line."""
    with pytest.raises(BadDataError, match="line 3"):
        read("s3rec", written(tmp_path / "Toys.txt", ("1 5 6", "2 6", line)))


PERIODS = {"period_0.txt": ("7 30", "8 10", "7 10"), "period_1.txt": ("9 30",), "period_10.txt": ("9 10",)}


def periods(folder: Path, names: Sequence[str]) -> Path:
    """A folder with these of the periods, one level down."""
    (folder / "CLICKS").mkdir()
    for name in names:
        written(folder / "CLICKS" / name, PERIODS[name])
    return folder


@pytest.mark.parametrize("packed", [False, True])
def test_periods_are_days_in_the_order_of_their_clicks(tmp_path: Path, packed: bool) -> None:
    """In a folder or packed; a session goes on over midnight."""
    path = periods(tmp_path, ["period_1.txt", "period_0.txt"])
    if packed:
        path = tmp_path / "periods.tar.xz"
        with tarfile.open(path, "w:xz") as archive:
            archive.add(tmp_path / "CLICKS", "CLICKS")
    data = read("ader-yoochoose", path)
    assert rows_of(data) == [("7", "30"), ("8", "10"), ("7", "10"), ("9", "30")]
    assert np.diff(data.at).tolist() == [0, 0, 86_400]
    assert datetime.fromtimestamp(data.at[0], UTC).isoformat() == "2014-04-01T00:00:00+00:00"


def test_a_missing_period_is_noticed(tmp_path: Path) -> None:
    """Numbers are compared, not names: 10 does not follow 1."""
    with pytest.raises(BadDataError, match="without a gap, got .0, 1, 10."):
        read("ader-yoochoose", periods(tmp_path, list(PERIODS)))
    with pytest.raises(BadDataError, match="expected a folder or a tar file"):
        read("ader-yoochoose", written(tmp_path / "x.tar.xz", ("7 30",)))


SMALL = {"seed": 3, "customers": 60, "products": 120, "history_days": 6, "live_days": 2}


def test_the_simulated_shop_is_made_up_alike_each_time() -> None:
    """In order of time, with the true rank of every row; another seed is other data."""
    shop = simulated(SMALL)
    assert shop.interactions.timed
    assert len(shop.interactions) == len(shop.rank) > 100
    assert 1 <= shop.rank.min() <= shop.rank.max() <= 120
    digest = sha256_of_rows(shop.interactions)
    assert sha256_of_rows(simulated({**SMALL, "seed": 4}).interactions) != digest
    assert sha256_of_rows(simulated(SMALL).interactions) == digest


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"seed": "one"}, "data.knobs.seed: expected a whole number, got 'one'"),
        ({"visitors": 5}, "visitors: expected one of customers, products"),
        ({"customers": 0}, "data.knobs: expected what can be a shop, got 'ShopConfig.customers: expected a number"),
    ],
)
def test_a_shop_that_cannot_be_simulated_is_refused(knobs: dict[str, object], message: str) -> None:
    """By the name of the knob."""
    with pytest.raises(InvalidInputError, match=message):
        simulated(knobs)


INTER = ("user_id:token\titem_id:token\trating:float\ttimestamp:float", "a\tx\t3\t20", "b\ty\t5\t10", "a\ty\t1\t10")


def test_recbole_rows_stand_by_time_and_then_as_the_file_has_them(tmp_path: Path) -> None:
    """Ratings of any height count."""
    data = read("recbole", written(tmp_path / "tiny.inter", INTER))
    assert rows_of(data) == [("b", "y"), ("a", "y"), ("a", "x")]
    assert data.at.tolist() == [10.0, 10.0, 20.0]


def test_recbole_without_a_time_column_keeps_the_order_of_the_file(tmp_path: Path) -> None:
    """The column is optional in the format."""
    lines = ("\t".join(line.split("\t")[:3]) for line in INTER)
    data = read("recbole", written(tmp_path / "tiny.inter", lines))
    assert rows_of(data) == [("a", "x"), ("b", "y"), ("a", "y")]
    assert not data.timed


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("user:token\titem_id:token", "a\tx"), r"missing \['user_id:token'\]"),
        ((*INTER, "a\tx\t1\t"), "user, item and time in every row, row 4"),
        ((*INTER, "a\tx\t1\tsoon"), "timestamp:float.*soon"),
        (INTER[:1], "at least one row"),
    ],
)
def test_a_bad_recbole_file_is_refused_with_the_place(tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
    """Column, row or value."""
    with pytest.raises(BadDataError, match=message):
        read("recbole", written(tmp_path / "tiny.inter", lines))


def test_online_retail_is_cleaned_as_the_demo_cleans_it(tmp_path: Path) -> None:
    """No cancellations, nobody's lines or empty ones; a product is once on an invoice."""
    data = read("online-retail", retail_csv(tmp_path))
    assert rows_of(data) == [("8", "B"), ("8", "A"), ("7", "A"), ("7", "C"), ("9", "A"), ("9", "D")]
    assert data.timed
    assert sorted(data.items) == ["A", "B", "C", "D"]


def test_movielens_takes_every_rating_by_time(tmp_path: Path) -> None:
    """Twenty ratings of two users in turns."""
    data = read("movielens", movielens_csv(tmp_path))
    assert rows_of(data)[:3] == [("1", "10"), ("2", "11"), ("1", "12")]
    assert (len(data), data.at[0]) == (20, 1_000_000.0)


def test_yoochoose_takes_a_file_or_a_folder(tmp_path: Path) -> None:
    """A session is a user; a repeated click stays, for a step of the preparation to judge."""
    file = yoochoose_tsv(tmp_path)
    data = read("yoochoose", file)
    assert rows_of(data)[:4] == [("session-0", "0"), ("session-0", "1"), ("session-0", "2"), ("session-0", "2")]
    assert rows_of(read("yoochoose", tmp_path)) == rows_of(data)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    """A format, a path, a file of another format."""
    with pytest.raises(UnknownDataError, match="expected one of ml-1m_sas, pairs, s3rec"):
        read("parquet", tmp_path)
    with pytest.raises(UnknownDataError, match="nothing at this path"):
        read("pairs", tmp_path / "none.txt")
    with pytest.raises(BadDataError, match="tab-separated"):
        read("yoochoose", written(tmp_path / "clicks.txt", ("a,b", "1,2")))


REAL = {
    "ml-1m_sas": ("movielens-1m/ml-1m_sas.txt.gz", 6_040, 3_416, 999_611),
    "pairs": ("amazon-bert4rec/beauty.txt.gz", 40_226, 54_542, 353_962),
    "s3rec": ("amazon-s3rec/Beauty.txt.gz", 22_363, 12_101, 198_502),
    "recbole": ("movielens-100k/ml-100k.inter.gz", 943, 1_682, 100_000),
    "movielens": ("movielens-latest-small", 671, 9_066, 100_004),
    "online-retail": ("uci-online-retail/online_retail.parquet", 4_339, 3_665, 387_875),
    "yoochoose": ("yoochoose-clicks-100k", 17_794 + 3_416, 2_933, 70_278 + 13_568),
    "ader-yoochoose": ("ader-yoochoose/yoochoose_periods.tar.xz", 816_019, 25_958, 3_370_578),
}
"""Format: file, users, items, rows as the data's own description has them (Online Retail: products merged)."""


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_real_file_has_the_counts_that_are_published(file_format: str) -> None:
    """Skipped unless MILLSTREAM_DATA names the folder with the data."""
    name, users, items, rows = REAL[file_format]
    path = Path(os.environ.get("MILLSTREAM_DATA", "")) / name
    if "MILLSTREAM_DATA" not in os.environ or not path.exists():
        pytest.skip(f"needs MILLSTREAM_DATA with {name}")
    data: Interactions = read(file_format, path)
    assert (len(data.users), len(data.items), len(data)) == (users, items, rows)
