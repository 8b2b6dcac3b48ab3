"""Training sets: the interactions of a part of the log, as columns in a folder named after its source.

    manifest.json       its source, and the digest of each other file
    users.json          the pseudonyms of users, in hexadecimal; `items.json` the item ids
    NAME.npy            a column of `Interactions`: user, item, at, kind, value, session, attributes (since format 2)

The same log gives the same bytes, on any machine. Reading needs only numpy.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.domain.models.cards import LogRange, plain_range, read_range
from millstream.learning.from_log import LogHistory
from millstream.learning.interactions import Interactions
from millstream.scoring.model_folder import sha256_of
from millstream.scoring.signature import FEATURES

FORMAT = 2
MANIFEST = "manifest.json"
COLUMNS = ("user", "item", "at", "kind", "value", "session", "attributes")
LABELS = ("users", "items")
_ID_BYTES = 16


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Interactions, and their source. `log` is None if they did not come from a log."""

    id: str
    data: Interactions
    log: LogRange | None = None


def training_set_of(history: LogHistory, fold_code: str) -> TrainingSet:
    """The training set of a part of the log, folded by this code."""
    return TrainingSet(set_id(history.log, fold_code), history.interactions, history.log)


def set_id(log: LogRange, fold_code: str) -> str:
    """The id of a training set. Erasures and voided records change it, because they change the data."""
    made_of = {"log": log.digest, "foldCode": fold_code, "featureSet": FEATURES._asdict()}
    text = json.dumps(made_of, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=_ID_BYTES).hexdigest()


def store(training_set: TrainingSet, into: Path) -> Path:
    """Write the set atomically into a folder with its id as name, unless it exists."""
    folder = into / training_set.id
    if not _is_whole(folder):
        shutil.rmtree(folder, ignore_errors=True)
        growing = into / f".growing-{uuid.uuid4().hex}"
        growing.mkdir(parents=True)
        try:
            _write(training_set, growing)
            growing.rename(folder)
        except OSError:
            if not folder.exists():  # or another process was faster, with the same bytes
                raise
        finally:
            shutil.rmtree(growing, ignore_errors=True)
    return folder


def _is_whole(folder: Path) -> bool:
    """Whether the folder holds a training set whose files have their checksums."""
    try:
        load(folder)
    except InvalidInputError:
        return False
    return True


def load(folder: Path) -> TrainingSet:
    """Read a training set. Raises InvalidInputError, naming the file, if it was changed."""
    manifest = _manifest(folder)
    for name, digest in manifest["files"].items():
        found = sha256_of(folder / name) if (folder / name).is_file() else "no file"
        if found != digest:
            raise InvalidInputError(str(folder / name), f"SHA-256 {digest}", found)
    users, items = (tuple(json.loads((folder / f"{name}.json").read_text())) for name in LABELS)
    stored = COLUMNS if manifest["format"] > 1 else COLUMNS[:-1]
    user, item, at, *more = (np.load(folder / f"{name}.npy", allow_pickle=False) for name in stored)
    log = None if manifest["log"] is None else read_range(manifest["log"])
    return TrainingSet(manifest["id"], Interactions(user, item, at, users, items, *more), log)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        form = manifest["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInputError(str(folder / MANIFEST), "the manifest of a training set", str(error)) from error
    if form not in range(1, FORMAT + 1):
        raise InvalidInputError(f"{folder / MANIFEST}: format", f"1 to {FORMAT}", form)
    return manifest


def _write(training_set: TrainingSet, folder: Path) -> None:
    data = training_set.data
    for name in COLUMNS:
        column = getattr(data, name)
        np.save(folder / f"{name}.npy", column.astype(column.dtype.newbyteorder("<")), allow_pickle=False)
    for name in LABELS:
        (folder / f"{name}.json").write_text(json.dumps(list(getattr(data, name)), indent=0) + "\n")
    manifest = {
        "format": FORMAT,
        "id": training_set.id,
        "log": None if training_set.log is None else plain_range(training_set.log),
        "rows": len(data),
        "files": {path.name: sha256_of(path) for path in sorted(folder.iterdir())},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
