"""Files with "<user> <item>" in each line, each user's lines in order of time, no times.

The form of SASRec (W.-C. Kang, J. McAuley, ICDM 2018, https://github.com/kang205/SASRec) and BERT4Rec.
"""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

from millstream_tools.lab.data.interactions import Interactions
from millstream_tools.lab.data.sources.labelled import labelled
from millstream_tools.shops.recorded.columns import Layout, read_columns
from millstream_tools.shops.recorded.errors import BadDataError

ML_1M_SHA256 = "b725f3acb3986fe3130bffd1e77a74d182a1f51799567a236dbd60270f95b0a2"
"""Of the 9,053,831 bytes of ml-1m.txt (git blob 9ab8e3ed in SASRec, BERT4Rec and others), decompressed."""

_LAYOUT = Layout(" ", ("user", "item"), quoted=False)


def read_pairs(path: Path) -> Interactions:
    """Any such file."""
    rows = read_columns([path], {"user": "text", "item": "text"}, _LAYOUT)
    return labelled(path, rows.coded("user"), rows.coded("item"), None)


def read_ml_1m(path: Path, sha256: str = ML_1M_SHA256) -> Interactions:
    """The MovieLens-1M file of the literature and no other: another order of ties changes a quarter of the test items.

    Raises `BadDataError` where the content has another digest.
    """
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise BadDataError(f"{path}: expected the published ml-1m.txt with sha256 {sha256}, got {found}")
    return read_pairs(path)
