"""File formats of tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["csv", "jsonl", "parquet", "sequences"]


@dataclass(frozen=True)
class Form:
    """The format of a file. Fields that are None are recognised from the file (recognition.py).

    The kind `jsonl` is JSON objects: one in each line, one after the other, or in an array. The kind `sequences` has a
    user and the user's items in each line, oldest first, separated by blanks; its columns are `user` and `item`.

    `header` has the column names of a CSV file without a header. `typed_header` is RecBole's: `user_id:token` is the
    column `user_id`. `explode` names a list in each JSON or Parquet row, whose elements become rows with the other
    columns of theirs; columns of an element are named `list.column`.
    """

    kind: Kind | None = None
    delimiter: str | None = None
    quoted: bool | None = None
    header: tuple[str, ...] | None = None
    typed_header: bool = False
    encoding: str | None = None
    explode: str | None = None
