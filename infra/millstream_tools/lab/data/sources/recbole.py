"""RecBole's atomic .inter files: tab separated, with a header that says each column's type.

https://recbole.io/docs/user_guide/data/atomic_files.html
"""

from __future__ import annotations

from pathlib import Path

from millstream_tools.lab.data.interactions import Interactions
from millstream_tools.lab.data.sources.labelled import labelled
from millstream_tools.shops.recorded.columns import ColumnType, Layout, column_names, read_columns

_USER, _ITEM, _TIME = "user_id:token", "item_id:token", "timestamp:float"
_LAYOUT = Layout("\t", quoted=False)


def read_inter(path: Path) -> Interactions:
    """Every row is an interaction, whatever its rating; by `timestamp:float` where the file has that column."""
    wanted: dict[str, ColumnType] = {_USER: "text", _ITEM: "text"}
    timed = _TIME in column_names(path, _LAYOUT)
    if timed:
        wanted[_TIME] = "number"
    rows = read_columns([path], wanted, _LAYOUT)
    return labelled(path, rows.coded(_USER), rows.coded(_ITEM), rows.numbers(_TIME) if timed else None)
