"""Imports of real files, where a developer has them: MILLSTREAM_DATA names a folder with one for each set."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pa_parquet
import pytest

from millstream.application.replay.progress import silently
from millstream_tools.readers.mapping_file import read_mapping
from millstream_tools.readers.reading import ReadHistory
from millstream_tools.readers.rejects import Reject
from millstream_tools.readers.tally import Tally
from tests.builders import NOW_MS, SECRET

_DATA = os.environ.get("MILLSTREAM_DATA")
pytestmark = pytest.mark.skipif(not _DATA, reason="MILLSTREAM_DATA names no folder with real data sets")

PEAK_OF_READING = """
import sys, tempfile
from pathlib import Path
from millstream.application.replay.progress import silently
from millstream_tools.readers.mapping_file import read_mapping
from millstream_tools.readers.reading import ReadHistory
from millstream_tools.readers.records import as_records
with tempfile.TemporaryDirectory() as folder:
    read = ReadHistory(read_mapping(sys.argv[2], {}), b"secret", silently, lambda _: None)
    history = read([Path(sys.argv[1])], 2**42, Path(folder))
    assert sum(len(record.events) for record in as_records(history.rows)) == history.tally.events
print(Path("/proc/self/status").read_text())
"""
"""Not by getrusage, which counts what the parent had when it forked."""


def data(path: str) -> Path:
    """A file of the developer's."""
    found = Path(_DATA or "") / path
    if not found.exists():
        pytest.skip(f"MILLSTREAM_DATA has no {path}")
    return found


def dry_run(path: Path, mapping: str) -> tuple[Tally, list[Reject]]:
    """Everything but storing."""
    rejects: list[Reject] = []
    with tempfile.TemporaryDirectory() as folder:
        read = ReadHistory(read_mapping(mapping, {}), SECRET, silently, rejects.append)
        return read([path], NOW_MS, Path(folder)).tally, rejects


def test_online_retail_is_what_everybody_has_after_the_usual_cleaning() -> None:
    """397,924 of 541,909 lines, 4,339 customers, 3,665 products; every other line is a reject."""
    tally, rejects = dry_run(data("uci-online-retail/online_retail.parquet"), "online-retail")
    assert (tally.rows, tally.events, len(rejects)) == (541_909, 397_924, 541_909 - 397_924)
    assert (str(tally.users), str(tally.items)) == ("4,339", "3,665")


def test_movielens_1m_is_whole(tmp_path: Path) -> None:
    """1,000,209 ratings, 6,040 users, 3,706 movies. The copy at hand lacks times: a rating's number stands in."""
    path = tmp_path / "ratings.dat"
    with gzip.open(data("movielens-1m/ratings_no_timestamp.csv.gz"), "rt") as ratings, path.open("w") as written:
        next(ratings)
        for number, line in enumerate(ratings):
            written.write(f"{line.strip().replace(',', '::')}::{956_703_932 + number}\n")
    tally, rejects = dry_run(path, "movielens-1m")
    assert (tally.rows, tally.events, rejects) == (1_000_209, 1_000_209, [])
    assert (str(tally.users), str(tally.items)) == ("6,040", "3,706")


@pytest.mark.parametrize(
    ("path", "mapping", "events", "users", "items"),
    [
        ("movielens-100k/ml-100k.inter.gz", "recbole-ratings", 100_000, "943", "1,682"),
        ("movielens-latest-small/ratings.csv.gz", "movielens-csv", 100_004, "671", "9,066"),
        (
            "yoochoose-clicks-100k/yoochoose-clicks-100k_train_full.txt.gz",
            "yoochoose-session-rec",
            70_278,
            "17,794",
            "2,933",
        ),
    ],
)
def test_other_data_sets_are_whole(path: str, mapping: str, events: int, users: str, items: str) -> None:
    """As their publishers count them."""
    tally, rejects = dry_run(data(path), mapping)
    assert (tally.events, rejects, str(tally.users), str(tally.items)) == (events, [], users, items)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process its own peak")
def test_five_times_the_rows_need_no_more_memory(tmp_path: Path) -> None:
    """Measured: 130 MB for 100,000 rows and 133 MB for 541,909, of which 90 are Python and pyarrow."""
    whole, part = data("uci-online-retail/online_retail.parquet"), tmp_path / "part.parquet"
    pa_parquet.write_table(pa_parquet.read_table(whole).slice(0, 100_000), part)
    small, large = (_peak_kb(path) for path in (part, whole))
    assert large < 1.15 * small, f"{small} kB for 100,000 rows, {large} kB for 541,909"


def _peak_kb(path: Path) -> int:
    command = [sys.executable, "-c", PEAK_OF_READING, str(path), "online-retail"]
    status = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert peak
    return int(peak[1])
