"""The id of an import, derived from its content, so that the same history is not imported twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from millstream.application.replay.progress import Advance, Progress
from millstream_tools.readers.mapping import ColumnMapping
from millstream_tools.tables.recognition import kind_of

READING = 1
"""Incremented when the same file and mapping give other records: an interrupted import must not resume with those."""

CHUNK_BYTES = 1 << 20
DIGEST_BYTES = 16


def import_id(files: Sequence[Path], mapping: ColumnMapping, progress: Progress) -> str:
    """BLAKE2b over the files in their order and the mapping. Raises BadFileError, OSError."""
    kinds = [kind_of(path, mapping.form) for path in files]
    with progress("Checking for an earlier import", sum(path.stat().st_size for path in files)) as advance:
        parts = [{"kind": kind, "content": _digest(path, advance)} for kind, path in zip(kinds, files, strict=True)]
    said = json.dumps({"reading": READING, "mapping": asdict(mapping), "files": parts}, sort_keys=True)
    return hashlib.blake2b(said.encode(), digest_size=DIGEST_BYTES).hexdigest()


def _digest(path: Path, advance: Advance) -> str:
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            advance(len(chunk))
    return digest.hexdigest()
