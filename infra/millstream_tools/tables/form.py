"""How a table is written down in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["csv", "jsonl", "parquet", "sequences"]


@dataclass(frozen=True)
class Form:
    """How a file is written down; all but the kind and the encoding is about CSV alone.

    The kind `sequences` has a user and then the user's items in each line, oldest first, between blanks; its columns
    are `user` and `item`.

    `kind` and `delimiter` are None where the file's ending says it. `header` names the columns of a file that does not.
    `typed_header` is RecBole's: `user_id:token` is the column `user_id`.
    """

    kind: Kind | None = None
    delimiter: str | None = None
    quoted: bool = True
    header: tuple[str, ...] | None = None
    typed_header: bool = False
    encoding: str = "utf-8"
