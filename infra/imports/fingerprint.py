"""The id of an import: what it is made of, so that the same history cannot come in twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from infra.imports.mapping import ColumnMapping
from infra.imports.rows import kind_of

READING = 1
"""Raised when the same file and mapping give other records than before: a killed import must not go on with those."""

CHUNK_BYTES = 1 << 20
DIGEST_BYTES = 16


def import_id(files: Sequence[Path], mapping: ColumnMapping, progress: Callable[[str, float], None]) -> str:
    """BLAKE2b over the files in their order and the mapping; `progress` hears which share of a file is read."""
    parts = [{"kind": kind_of(path, mapping.form), "content": _digest(path, progress)} for path in files]
    said = json.dumps({"reading": READING, "mapping": asdict(mapping), "files": parts}, sort_keys=True)
    return hashlib.blake2b(said.encode(), digest_size=DIGEST_BYTES).hexdigest()


def _digest(path: Path, progress: Callable[[str, float], None]) -> str:
    digest, size = hashlib.blake2b(digest_size=DIGEST_BYTES), max(1, path.stat().st_size)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            progress(f"Recognising {path.name}", file.tell() / size)
    return digest.hexdigest()
