"""The recorded shops, with the cleaning of the demo: what the lab measures is what the demo sends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from millstream_tools.lab.data.interactions import Interactions
from millstream_tools.lab.data.sources.labelled import labelled
from millstream_tools.shops.recorded import movielens, online_retail, yoochoose
from millstream_tools.shops.recorded.errors import BadDataError
from millstream_tools.shops.recorded.recording import Recording


def read_online_retail(path: Path) -> Interactions:
    """UCI Online Retail: purchases of known customers, one a product and invoice. All of an invoice have one time."""
    return _read(path, online_retail.read, online_retail.LOOKS_FOR)


def read_yoochoose(path: Path) -> Interactions:
    """YOOCHOOSE clicks, a file or a folder of them; a session is a user."""
    return _read(path, yoochoose.read, yoochoose.LOOKS_FOR)


def read_movielens(path: Path) -> Interactions:
    """MovieLens in any form that has times, a file or a folder; ratings of every height count."""
    return _read(path, movielens.read, movielens.LOOKS_FOR)


def _read(path: Path, reader: Callable[[Sequence[Path]], Recording | None], expected: str) -> Interactions:
    recording = reader(sorted(path.iterdir()) if path.is_dir() else [path])
    if recording is None:
        raise BadDataError(f"{path}: expected {expected}")
    return labelled(path, recording.user, recording.item, recording.occurred_at)
