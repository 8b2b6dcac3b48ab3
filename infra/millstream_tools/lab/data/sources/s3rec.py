"""Files with "<user> <item> <item> ..." in each line, oldest first, no times.

The form of S3-Rec (K. Zhou et al., CIKM 2020, https://github.com/RUCAIBox/CIKM2020-S3Rec).
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from millstream_tools.lab.data.interactions import Interactions
from millstream_tools.lab.data.sources.labelled import labelled
from millstream_tools.shops.recorded.columns import Coded
from millstream_tools.shops.recorded.errors import BadDataError


def read_sequences(path: Path) -> Interactions:
    """One line a user. Raises `BadDataError` for a user without items or with two lines."""
    users: dict[str, int] = {}
    items: dict[str, int] = {}
    lengths: list[int] = []
    codes: list[int] = []
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        for number, line in enumerate(lines, start=1):
            user, *history = line.split() or [""]
            if not history or user in users:
                raise BadDataError(f"{path}: line {number}: expected a new user and items, got {line.strip()[:80]!r}")
            users[user] = len(users)
            lengths.append(len(history))
            codes.extend(items.setdefault(item, len(items)) for item in history)
    user_codes = np.repeat(np.arange(len(users)), np.array(lengths, dtype=np.int64))
    return labelled(path, Coded(user_codes, list(users)), Coded(np.array(codes, dtype=np.int64), list(items)), None)
