"""YOOCHOOSE clicks of the RecSys Challenge 2015, in the tab files of session-rec.

https://github.com/rn5l/session-rec (data/rsc15/prepared); D. Ben-Shimon et al., "RecSys Challenge 2015 and the
YOOCHOOSE dataset", RecSys 2015, doi 10.1145/2792838.2798723.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from millstream_tools.shops.contract import BehaviourKind, Product
from millstream_tools.shops.recorded.columns import Coded, ColumnType, Layout, column_names, extension, read_columns
from millstream_tools.shops.recorded.errors import BadDataError
from millstream_tools.shops.recorded.recording import Recording, in_order, repeats

LOOKS_FOR = (
    "YOOCHOOSE: tab-separated .txt or .tsv files (or .gz) with the columns SessionId, ItemId, Time in epoch seconds "
    "(session-rec's prepared rsc15 files)"
)

_COLUMNS: dict[str, ColumnType] = {"SessionId": "text", "ItemId": "text", "Time": "number"}
_LAYOUT = Layout("\t", quoted=False)
_PARTS_OF_TRAIN_FULL = ("_train_tr", "_train_valid")


def read(files: Sequence[Path]) -> Recording | None:
    """The recording of all files of this kind together, or None when there is none. A session is a user of its own."""
    clicks = [f for f in files if extension(f) in (".txt", ".tsv") and set(_COLUMNS) <= set(column_names(f, _LAYOUT))]
    if any("_train_full" in file.name for file in clicks):
        clicks = [file for file in clicks if not any(part in file.name for part in _PARTS_OF_TRAIN_FULL)]
    return _recording(clicks) if clicks else None


def _recording(files: Sequence[Path]) -> Recording:
    rows = read_columns(files, _COLUMNS, _LAYOUT)
    session, item, time = rows.coded("SessionId"), rows.coded("ItemId"), rows.numbers("Time")
    kept = np.flatnonzero((session.codes >= 0) & (item.codes >= 0) & ~np.isnan(time))
    if not kept.size:
        raise BadDataError(f"{files[0]}: expected clicks with session, item and time, got {len(rows)} rows and none")
    order = kept[np.lexsort((kept, time[kept]))]
    session = Coded(session.codes[order], [f"session-{label}" for label in session.labels])
    item, time = in_order(item, order), time[order]
    return Recording(
        name="YOOCHOOSE clicks",
        source="yoochoose",
        kind=BehaviourKind.VIEWED,
        exclude_seen="none",
        user=session,
        session=session,
        item=item,
        occurred_at=time,
        value=np.full(len(time), np.nan),
        repeat=repeats(session.codes, item.codes, time),
        products=tuple(Product(label, f"item {label}") for label in item.labels),
        notes=(
            f"read {len(rows):,} clicks from {', '.join(file.name for file in files)}",
            f"dropped {len(rows) - len(kept):,} incomplete ones",
            "no user outlives a session, and items have no names",
        ),
    )
