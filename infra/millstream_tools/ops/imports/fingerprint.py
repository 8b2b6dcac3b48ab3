"""The id of an import, derived from its content, so that the same history is not imported twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from millstream.application.replay.progress import Advance, Progress
from millstream_tools.readers.mapping import ColumnMapping
from millstream_tools.tables.recognition import kind_of

READING = 2
"""Incremented when the same file and mapping give other records: an interrupted import must not resume with those."""

CHUNK_BYTES = 1 << 20
DIGEST_BYTES = 16


class Fingerprint(NamedTuple):
    """The id of an import, and a digest of each file's content."""

    import_id: str
    files: tuple[str, ...]


def fingerprint_of(files: Sequence[Path], mapping: ColumnMapping, progress: Progress) -> Fingerprint:
    """BLAKE2b over the files in their order and the mapping. Raises BadFileError, OSError."""
    kinds = [kind_of(path, mapping.form) for path in files]
    with progress("Checking for an earlier import", sum(path.stat().st_size for path in files)) as advance:
        digests = tuple(_digest(path, advance) for path in files)
    parts = [{"kind": kind, "content": content} for kind, content in zip(kinds, digests, strict=True)]
    told = asdict(mapping)
    if not mapping.attributes:
        del told["attributes"]  # as before there were any, so that an earlier import is recognised
    said = json.dumps({"reading": READING, "mapping": told, "files": parts}, sort_keys=True)
    return Fingerprint(hashlib.blake2b(said.encode(), digest_size=DIGEST_BYTES).hexdigest(), digests)


def _digest(path: Path, advance: Advance) -> str:
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            advance(len(chunk))
    return digest.hexdigest()
