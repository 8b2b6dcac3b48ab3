"""File formats of tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["csv", "jsonl", "parquet", "sequences"]


@dataclass(frozen=True)
class Form:
    """The format of a file; all fields but the kind and the encoding are for CSV only.

    The kind `sequences` has a user and the user's items in each line, oldest first, separated by blanks; its columns
    are `user` and `item`.

    `kind` and `delimiter` are None to use the file's suffix. `header` has the column names of a file without a header.
    `typed_header` is RecBole's: `user_id:token` is the column `user_id`.
    """

    kind: Kind | None = None
    delimiter: str | None = None
    quoted: bool = True
    header: tuple[str, ...] | None = None
    typed_header: bool = False
    encoding: str = "utf-8"
