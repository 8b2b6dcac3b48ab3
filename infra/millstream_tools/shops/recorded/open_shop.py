"""Recognise a recorded data set and open it as a shop."""

from __future__ import annotations

from pathlib import Path

from millstream_tools.shops.recorded import movielens, online_retail, yoochoose
from millstream_tools.shops.recorded.errors import UnknownDataError
from millstream_tools.shops.recorded.recorded_shop import RecordedShop

_READERS = (online_retail, movielens, yoochoose)


def open_shop(path: str | Path, *, seed: int, probes: int, live_fraction: float = 0.2) -> RecordedShop:
    """The shop in a folder or a file, recognised by file names and columns.

    `probes` events of the last `live_fraction` become questions, chosen by `seed`. Raises `UnknownDataError` that says
    what was looked for, and `BadDataError` when a file of a known kind cannot be read.
    """
    place = Path(path)
    files = _files(place)
    for reader in _READERS:
        if recording := reader.read(files):
            return RecordedShop(recording, seed=seed, probes=probes, live_fraction=live_fraction)
    found = ", ".join(file.name for file in files) or "no files"
    wanted = "\n".join(f"  - {reader.LOOKS_FOR}" for reader in _READERS)
    raise UnknownDataError(f"{place}: expected one of\n{wanted}\nfound {found}")


def _files(place: Path) -> list[Path]:
    """The file itself, or the folder's files in order of their names."""
    if place.is_dir():
        return sorted(file for file in place.iterdir() if file.is_file())
    if place.is_file():
        return [place]
    raise UnknownDataError(f"{place}: expected a folder or a file, found nothing there")
