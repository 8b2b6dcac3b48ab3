"""The data of an experiment: files by a mapping, or the simulated shop; real files where MILLSTREAM_DATA has them."""

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
from millstream.domain.log.kinds import EventKind
from millstream.learning.interactions import Interactions
from millstream_tools.lab.data.simulated import simulated
from millstream_tools.lab.experiments.source import Source
from millstream_tools.readers.digest import sha256_of_rows
from millstream_tools.tables.errors import BadFileError, ImportingError
from tests.unit.tools.shops.recorded.made_up import retail_csv, written

INTER = ("user_id:token\titem_id:token\trating:float\ttimestamp:float", "a\tx\t3\t20", "b\ty\t5\t10", "a\ty\t1\t10")


def read(folder: Path, mapping: str, *names: str) -> Interactions:
    return Source(mapping, names).rows(folder).interactions


def rows_of(data: Interactions) -> list[tuple[int, str]]:
    """The number of each row's user, in order of first appearance, and its item."""
    numbers = {user: number for number, user in enumerate(dict.fromkeys(data.user.tolist()))}
    return [(numbers[user], data.items[item]) for user, item in zip(data.user.tolist(), data.item, strict=True)]


@pytest.mark.parametrize("name", ["pairs.txt", "pairs.txt.gz"])
def test_pairs_keep_the_order_of_the_file(tmp_path: Path, name: str) -> None:
    """There is no time to sort by, and an item that comes twice counts twice."""
    written(tmp_path / name, ("7 30", "7 10", "8 30", "7 30"))
    data = read(tmp_path, "pairs", name)
    assert rows_of(data) == [(0, "30"), (0, "10"), (1, "30"), (0, "30")]
    assert not data.timed


def test_a_file_with_another_digest_than_stated_is_refused(tmp_path: Path) -> None:
    """A file with one line more is another data set; the digest is of the content, compressed or not."""
    path = written(tmp_path / "pairs.txt.gz", ("1 1", "1 2"))
    with pytest.raises(InvalidInputError, match=r"data\.sha256"):
        Source("pairs", path.name, sha256="b725f3acb").rows(tmp_path)
    digest = hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest()
    assert len(Source("pairs", path.name, sha256=digest).rows(tmp_path).interactions) == 2


def test_sequences_become_a_row_an_item(tmp_path: Path) -> None:
    """A line is a user; a user without items is a reject, which is said."""
    written(tmp_path / "Toys.txt", ("1 5 6 5", "2 6", "3"))
    rows = Source("sequences", "Toys.txt").rows(tmp_path)
    assert rows_of(rows.interactions) == [(0, "5"), (0, "6"), (0, "5"), (1, "6")]
    assert rows.said == ["read 5 rows: 4 events, 1 rejected; 1 row: expected a user and items"]


def test_many_rows_of_one_moment_keep_the_order_of_the_file(tmp_path: Path) -> None:
    """So that a run can be repeated, and each user's ties stay as they were published."""
    items = [str(number * 37 % 500) for number in range(500)]
    lines = (f"a\t{item}\t1\t{2 - place % 2}" for place, item in enumerate(items))
    written(tmp_path / "tiny.inter", (INTER[0], *lines))
    assert [item for _, item in rows_of(read(tmp_path, "recbole", "tiny.inter"))] == items[1::2] + items[::2]


PERIODS = {"period_0.txt": ("7 30", "8 10", "7 10"), "period_1.txt": ("9 30",), "period_10.txt": ("9 10",)}


def periods(folder: Path, names: Sequence[str]) -> Path:
    """A folder with these of the periods, one level down."""
    (folder / "CLICKS").mkdir()
    for name in names:
        written(folder / "CLICKS" / name, PERIODS[name])
    return folder


@pytest.mark.parametrize("packed", [False, True])
def test_a_files_name_says_the_day_of_its_rows(tmp_path: Path, packed: bool) -> None:
    """In a folder or packed; files are in the order of their numbers, and a session goes on over midnight."""
    periods(tmp_path, list(PERIODS))
    name = "CLICKS"
    if packed:
        name = "periods.tar.xz"
        with tarfile.open(tmp_path / name, "w:xz") as archive:
            archive.add(tmp_path / "CLICKS", "CLICKS")
    data = read(tmp_path, "ader-yoochoose", name)
    assert rows_of(data) == [(0, "30"), (1, "10"), (0, "10"), (2, "30"), (2, "10")]
    assert (np.diff(data.at) / 86_400).tolist() == [0, 0, 1, 9]
    assert datetime.fromtimestamp(data.at[0], UTC).isoformat() == "2014-04-01T00:00:00+00:00"


def test_recbole_rows_stand_by_time_and_then_as_the_file_has_them(tmp_path: Path) -> None:
    """With the value of a rating and its kind."""
    written(tmp_path / "tiny.inter", INTER)
    data = read(tmp_path, "recbole-ratings", "tiny.inter")
    assert rows_of(data) == [(0, "y"), (1, "y"), (1, "x")]
    assert data.at.tolist() == [10.0, 10.0, 20.0]
    assert data.value.tolist() == [5.0, 1.0, 3.0]
    assert set(data.kind.tolist()) == {int(EventKind.ItemRated)}


def test_rows_that_are_left_out_are_said(tmp_path: Path) -> None:
    """With what was expected of them: cancellations, lines without a customer, and the like."""
    name = retail_csv(tmp_path).name
    rows = Source("online-retail", name).rows(tmp_path)
    (said,) = rows.said
    assert "an invoice that is no cancellation" in said
    assert set(rows.interactions.items) == {"A", "B", "C", "D"}
    assert rows.interactions.timed


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    """A path, a file of another kind, a file that is no tar file."""
    with pytest.raises(BadFileError, match="nothing at this path"):
        read(tmp_path, "pairs", "none.txt")
    written(tmp_path / "clicks.txt", ("a,b", "1,2"))
    with pytest.raises(ImportingError, match="expected a column SessionId"):
        read(tmp_path, "yoochoose-session-rec", "clicks.txt")
    written(tmp_path / "x.tar.xz", ("7 30",))
    with pytest.raises(BadFileError, match="expected a tar file"):
        read(tmp_path, "ader-yoochoose", "x.tar.xz")


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
    ("knobs", "field"),
    [
        ({"seed": "one"}, "data.simulated_shop.seed"),
        ({"visitors": 5}, "visitors"),
        ({"customers": 0}, "data.simulated_shop"),
    ],
)
def test_a_shop_that_cannot_be_simulated_is_refused(knobs: dict[str, object], field: str) -> None:
    """By the name of the knob."""
    with pytest.raises(InvalidInputError) as refused:
        simulated(knobs)
    assert refused.value.field == field


YOOCHOOSE = "yoochoose-clicks-100k/yoochoose-clicks-100k"
REAL = {
    "ML-1M": (Source("pairs", "movielens-1m/ml-1m_sas.txt.gz"), 6_040, 3_416, 999_611),
    "Beauty, BERT4Rec": (Source("pairs", "amazon-bert4rec/beauty.txt.gz"), 40_226, 54_542, 353_962),
    "Beauty, S3-Rec": (Source("sequences", "amazon-s3rec/Beauty.txt.gz"), 22_363, 12_101, 198_502),
    "ML-100K": (Source("recbole-ratings", "movielens-100k/ml-100k.inter.gz"), 943, 1_682, 100_000),
    "MovieLens, small": (Source("movielens-csv", "movielens-latest-small/ratings.csv.gz"), 671, 9_066, 100_004),
    "Online Retail": (Source("online-retail", "uci-online-retail/online_retail.parquet"), 4_339, 3_665, 397_924),
    "YOOCHOOSE": (
        Source("yoochoose-session-rec", (f"{YOOCHOOSE}_train_full.txt.gz", f"{YOOCHOOSE}_test.txt.gz")),
        17_794 + 3_416,
        2_933,
        70_278 + 13_568,
    ),
    "YOOCHOOSE, ADER": (
        Source("ader-yoochoose", "ader-yoochoose/yoochoose_periods.tar.xz"),
        816_019,
        25_958,
        3_370_578,
    ),
}
"""Source, users, items, rows as the data's own description has them."""


@pytest.mark.parametrize("name", REAL)
def test_the_real_file_has_the_counts_that_are_published(name: str) -> None:
    """Skipped unless MILLSTREAM_DATA names the folder with the data."""
    source, users, items, rows = REAL[name]
    folder = Path(os.environ.get("MILLSTREAM_DATA", ""))
    paths = (source.path,) if isinstance(source.path, str) else source.path
    if "MILLSTREAM_DATA" not in os.environ or not all((folder / path).exists() for path in paths):
        pytest.skip(f"needs MILLSTREAM_DATA with {', '.join(paths)}")
    data = source.rows(folder).interactions
    assert (len(data.users), len(data.items), len(data)) == (users, items, rows)
