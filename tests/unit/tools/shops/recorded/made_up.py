"""Tiny made-up files in the formats of the data sets that can be opened."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

RETAIL_HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"

RETAIL_LINES = (
    "1002,A,RED LAMP,1,2020-03-02 10:00:00,4.0,7,Utopia",
    "1001,B,BLUE LAMP,2,2020-03-01 09:00:00,2.5,8,Utopia",
    "1001,A,RED LAMP,1,2020-03-01 09:00:00,4.0,8,Utopia",
    "1001,B,BLUE LAMP ,3,2020-03-01 09:00:00,2.5,8,Utopia",  # the same product again on the same invoice
    "1003,C,OLD CHAIR,1,2020-03-03 11:00:00,0.0,7,Utopia",  # a gift: stays
    "C1004,A,RED LAMP,-1,2020-03-03 12:00:00,4.0,7,Utopia",  # a cancellation
    "1005,A,RED LAMP,1,2020-03-04 08:00:00,4.0,,Utopia",  # nobody's
    "1006,A,RED LAMP,0,2020-03-04 08:30:00,4.0,9,Utopia",  # of nothing
    "1007,A,RED LAMPE,4,2020-03-05 08:30:00,4.5,9,Utopia",
    "1007,D,GREEN LAMP,1,2020-03-05 08:30:00,9.0,9,Utopia",
)


def written(path: Path, lines: Iterable[str], encoding: str = "utf-8") -> Path:
    """The lines in a file, compressed where the name says so."""
    content = "".join(f"{line}\n" for line in lines).encode(encoding)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def retail_csv(folder: Path, lines: Iterable[str] = RETAIL_LINES, name: str = "data.csv") -> Path:
    """An Online Retail file."""
    return written(folder / name, (RETAIL_HEADER, *lines))


def movielens_csv(folder: Path, events: int = 20) -> Path:
    """The folder, with ratings of two users in turns, an hour's pause after each one's every fourth, and titles."""
    ratings = (f"{1 + n % 2},{10 + n},{1 + n % 5}.0,{1_000_000 + 60 * n + 3600 * (n // 8)}" for n in range(events))
    written(folder / "ratings.csv", ("userId,movieId,rating,timestamp", *ratings))
    titles = (f'{10 + n},"Made-up, Part {n} (1999)",Drama|War' for n in range(events + 1))
    written(folder / "movies.csv.gz", ("movieId,title,genres", *titles))
    return folder


def yoochoose_tsv(folder: Path, name: str = "clicks.txt", sessions: range = range(6)) -> Path:
    """A click file: four clicks in each session, the sessions one after another, the last click a repetition."""
    clicks = (
        f"{session}\t{item}\t{1_000_000 + 1000 * session + 10 * place}.5"
        for session in sessions
        for place, item in enumerate((session, session + 1, session + 2, session + 2))
    )
    return written(folder / name, ("SessionId\tItemId\tTime", *clicks))
