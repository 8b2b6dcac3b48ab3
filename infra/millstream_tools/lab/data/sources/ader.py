"""Click streams cut into periods: files period_0.txt, period_1.txt ... with "<session> <item>" in each line, by time.

The form of ADER (F. Mi, X. Lin, B. Faltings, "ADER: adaptively distilled exemplar replay towards continual learning for
session-based recommendation", RecSys 2020, https://github.com/DoubleMuL/ADER). Its YOOCHOOSE periods are the first days
of that data set.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from millstream_tools.lab.data.interactions import Interactions
from millstream_tools.lab.data.sources.labelled import labelled
from millstream_tools.shops.recorded.columns import Layout, read_columns
from millstream_tools.shops.recorded.errors import BadDataError

_LAYOUT = Layout(" ", ("session", "item"), quoted=False)
_PERIOD = re.compile(r"period_(\d+)\.txt")
_FIRST_DAY = datetime(2014, 4, 1, tzinfo=UTC).timestamp()
_DAY_S = 86_400.0


def read_ader_yoochoose(path: Path) -> Interactions:
    """The daily YOOCHOOSE periods, a folder or a .tar.xz of one; a session is a user.

    The order is exact, but of the time only the day is known: all clicks of a period have its midnight.
    """
    if path.is_dir():
        return _read(path)
    with TemporaryDirectory() as folder:
        try:
            with tarfile.open(path) as archive:
                archive.extractall(folder, filter="data")
        except tarfile.TarError as error:
            raise BadDataError(f"{path}: expected a folder or a tar file of period_0.txt ..., got {error}") from error
        return _read(Path(folder))


def _read(folder: Path) -> Interactions:
    periods = _periods(folder.rglob("period_*.txt"))
    if not periods or list(periods) != list(range(len(periods))):
        raise BadDataError(f"{folder}: expected period_0.txt, period_1.txt ... without a gap, got {list(periods)}")
    files = list(periods.values())
    rows = read_columns(files, {"session": "text", "item": "text"}, _LAYOUT)
    lengths = [len(read_columns([file], {"item": "text"}, _LAYOUT)) for file in files]
    days = np.repeat(np.arange(len(files), dtype=np.float64), lengths)
    return labelled(
        folder, rows.coded("session"), rows.coded("item"), np.asarray(_FIRST_DAY + days * _DAY_S, np.float64)
    )


def _periods(files: Iterable[Path]) -> dict[int, Path]:
    numbered = ((match, file) for file in files if (match := _PERIOD.fullmatch(file.name)))
    return dict(sorted((int(match[1]), file) for match, file in numbered))
