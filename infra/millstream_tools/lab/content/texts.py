"""Texts of items, field by field, in the order of a catalogue's labels. Contains no data."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from millstream.domain.errors import InvalidInputError
from millstream_tools.shops.recorded import movielens, online_retail
from millstream_tools.shops.recorded.columns import Columns, Layout, column_names, extension, read_columns
from millstream_tools.shops.recorded.errors import BadDataError, UnknownDataError
from millstream_tools.shops.recorded.recording import Recording

Fields = Mapping[str, str]
"""One item's texts by what they are: {"title": "Heat (1995)", "genres": "Action, Crime, Thriller"}."""

_ARTICLE_LAST = re.compile(r"^(.*), (The|A|An|Les?|La|L'|Il|El|Das|Der|Die|Un|Une)((?: \([^)]*\))*)$")


def read_texts(file_format: str, path: Path) -> Mapping[str, Fields]:
    """The texts at `path` by item label.

    Raises `UnknownDataError` where there is no such format or nothing at the path, `BadDataError` where something else
    is there.
    """
    if file_format not in TEXT_FORMATS:
        raise UnknownDataError(f"texts.format: expected one of {', '.join(TEXT_FORMATS)}, got {file_format!r}")
    if not path.exists():
        raise UnknownDataError(f"{path}: expected texts of the format {file_format}, got nothing at this path")
    return TEXT_FORMATS[file_format](path)


def aligned(texts: Mapping[str, Fields], items: Sequence[str], fields: Sequence[str]) -> dict[str, list[str]]:
    """The wanted fields of each item of a catalogue, [items] each; empty where an item has none.

    Raises InvalidInputError for a field that no item has, and where no item has a text.
    """
    found = {name for label in items for name in texts.get(label, {})}
    for name in fields:
        if name not in found:
            raise InvalidInputError("fields", f"among {', '.join(sorted(found)) or 'none: no item has a text'}", name)
    return {name: [texts.get(label, {}).get(name, "") for label in items] for name in fields}


def read_table(path: Path) -> dict[str, Fields]:
    """Any .csv, .tsv or .parquet file with a column `item`; every other column is a field."""
    layout = Layout("\t" if extension(path) == ".tsv" else ",")
    names = column_names(path, layout)
    rows = read_columns([path], dict.fromkeys(("item", *names), "text"), layout)
    return _by_item(rows, [name for name in names if name != "item"])


def read_movielens_1m(folder: Path) -> dict[str, Fields]:
    """The items of SASRec's ml-1m.txt: title, genres, and the abstract of DBpedia where there is one.

    The folder has `sas_to_original_items.txt` (which number of the original an item has), `movies.dat` and
    `dbpedia_abstracts.json` (original number to abstract), each perhaps with .gz.
    """
    originals = _text(folder, "sas_to_original_items.txt")
    abstracts: dict[str, str] = json.loads(_text(folder, "dbpedia_abstracts.json"))
    films: dict[str, Fields] = {}
    for line in _text(folder, "movies.dat", "latin-1").splitlines():
        number, title, genres = line.split("::")
        films[number] = {
            "title": natural_title(title),
            "genres": genres.replace("|", ", "),
            "abstract": abstracts.get(number, ""),
        }
    labels = dict(line.split() for line in originals.splitlines())
    if unknown := [number for number in labels.values() if number not in films]:
        raise BadDataError(f"{folder}: expected each item's film in movies.dat, got none for {unknown[:3]}")
    return {label: films[number] for label, number in labels.items()}


def natural_title(title: str) -> str:
    """As people say it: "Usual Suspects, The (1995)" is "The Usual Suspects (1995)"."""
    moved = _ARTICLE_LAST.match(title)
    return f"{moved[2]} {moved[1]}{moved[3]}" if moved else title


def _of_recording(
    read: Callable[[Sequence[Path]], Recording | None], expected: str
) -> Callable[[Path], dict[str, Fields]]:
    """The products of a shop that `millstream_tools.shops.recorded` plays: title and category, and a film's genres."""

    def texts(path: Path) -> dict[str, Fields]:
        recording = read(sorted(path.iterdir()) if path.is_dir() else [path])
        if recording is None:
            raise BadDataError(f"{path}: expected {expected}")
        return {
            product.item_id: {
                "title": natural_title(product.name),
                "category": product.category,
                "genres": str(product.attributes.get("genres", "")).replace("|", ", "),
            }
            for product in recording.products
        }

    return texts


def _by_item(rows: Columns, fields: Sequence[str]) -> dict[str, Fields]:
    columns = {name: rows.texts(name) for name in fields}
    return {
        label: {name: column[row] for name, column in columns.items()} for row, label in enumerate(rows.texts("item"))
    }


def _text(folder: Path, name: str, encoding: str = "utf-8") -> str:
    for path in (folder / f"{name}.gz", folder / name):
        if path.is_file():
            content = path.read_bytes()
            return (gzip.decompress(content) if path.suffix == ".gz" else content).decode(encoding)
    raise UnknownDataError(f"{folder}: expected {name} or {name}.gz in it, got neither")


TEXT_FORMATS: dict[str, Callable[[Path], Mapping[str, Fields]]] = {
    "movielens-1m": read_movielens_1m,
    "movielens": _of_recording(movielens.read, movielens.LOOKS_FOR),
    "online-retail": _of_recording(online_retail.read, online_retail.LOOKS_FOR),
    "table": read_table,
}
"""By the names that configurations use."""
