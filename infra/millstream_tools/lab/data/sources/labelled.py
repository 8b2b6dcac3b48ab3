"""From coded columns, in the order of a file, to interactions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from millstream_tools.lab.data.interactions import Floats, Interactions
from millstream_tools.shops.recorded.columns import Coded
from millstream_tools.shops.recorded.errors import BadDataError


def labelled(path: Path, user: Coded, item: Coded, at: Floats | None) -> Interactions:
    """Rows by time, equal times in the order of the file; all in the order of the file where `at` is None.

    Raises `BadDataError` that names the first incomplete row, counted from 1 without the header.
    """
    times = np.full(len(user.codes), np.nan) if at is None else at
    incomplete = (user.codes < 0) | (item.codes < 0) | (np.isnan(times) & (at is not None))
    if incomplete.any():
        what = "user and item" if at is None else "user, item and time"
        raise BadDataError(f"{path}: expected {what} in every row, row {int(incomplete.argmax()) + 1} lacks one")
    if not len(user.codes):
        raise BadDataError(f"{path}: expected at least one row, got none")
    order = np.argsort(times, kind="stable")
    return Interactions(user.codes[order], item.codes[order], times[order], user.labels, item.labels).compacted()
