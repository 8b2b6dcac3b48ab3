"""Readers: one file format each, into `Interactions`. No data comes with them; a path says where it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from millstream_tools.lab.data.interactions import Interactions
from millstream_tools.lab.data.sources.ader import read_ader_yoochoose
from millstream_tools.lab.data.sources.pairs import read_ml_1m, read_pairs
from millstream_tools.lab.data.sources.recbole import read_inter
from millstream_tools.lab.data.sources.recorded import read_movielens, read_online_retail, read_yoochoose
from millstream_tools.lab.data.sources.s3rec import read_sequences
from millstream_tools.shops.recorded.errors import UnknownDataError

FORMATS: dict[str, Callable[[Path], Interactions]] = {
    "ml-1m_sas": read_ml_1m,
    "pairs": read_pairs,
    "s3rec": read_sequences,
    "recbole": read_inter,
    "movielens": read_movielens,
    "online-retail": read_online_retail,
    "yoochoose": read_yoochoose,
    "ader-yoochoose": read_ader_yoochoose,
}


def read(file_format: str, path: Path) -> Interactions:
    """The data at `path`, which may end in .gz.

    Raises `UnknownDataError` where there is no such format or nothing at the path, `BadDataError` where the file is not
    of its format.
    """
    if file_format not in FORMATS:
        raise UnknownDataError(f"format: expected one of {', '.join(FORMATS)}, got {file_format!r}")
    if not path.exists():
        raise UnknownDataError(f"{path}: expected a file of the format {file_format}, got nothing at this path")
    return FORMATS[file_format](path)
