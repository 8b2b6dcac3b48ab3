"""The reject file."""

from __future__ import annotations

import csv
from pathlib import Path

from millstream_tools.readers.rejects import LONGEST_ROW, Reject, RejectFile

REJECT = Reject("shop.csv", 7, "price", "a finite number", "'9,50'", 'ann,"lamp, red",9,50')


def test_without_a_reject_there_is_no_file(tmp_path: Path) -> None:
    """An empty one would say that something is wrong."""
    file = RejectFile(tmp_path / "rejects.csv")
    file.close()
    assert not list(tmp_path.iterdir())


def test_every_reject_is_a_row_with_its_reason(tmp_path: Path) -> None:
    """Readable by whatever reads CSV; a row that is no text in its encoding is escaped, a huge one is cut."""
    file = RejectFile(tmp_path / "rejects.csv")
    file.add(REJECT)
    file.add(REJECT._replace(line=8, row="M\udcfcnze"))
    file.add(REJECT._replace(line=9, row="x" * 2 * LONGEST_ROW))
    file.close()
    header, *rows = csv.reader((tmp_path / "rejects.csv").open(encoding="utf-8"))
    assert header == ["file", "line", "column", "expected", "got", "row"]
    assert rows[0] == ["shop.csv", "7", "price", "a finite number", "'9,50'", 'ann,"lamp, red",9,50']
    assert rows[1][-1] == "M\\udcfcnze"
    assert len(rows[2][-1]) == LONGEST_ROW


def test_a_spreadsheet_runs_nothing_from_the_file(tmp_path: Path) -> None:
    """A cell that would be a formula is text there: OWASP's beginnings, in any column."""
    file = RejectFile(tmp_path / "rejects.csv")
    for bad in ("=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\tx", "\rx", "a=1"):
        file.add(REJECT._replace(file=bad, got=bad, row=bad))
    file.close()
    _, *rows = csv.reader((tmp_path / "rejects.csv").open(encoding="utf-8", newline=""))
    assert [row[0] for row in rows] == ["'=HYPERLINK(1)", "'+1", "'-1", "'@SUM(1)", "'\tx", "'\rx", "a=1"]
    assert all(row[0] == row[4] == row[5] for row in rows)
