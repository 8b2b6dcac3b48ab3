"""Text vectors on disk: a text is encoded once by each encoder, also if a run is killed on the way."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from millstream.domain.errors import InvalidInputError
from millstream_tools.lab.bars import bar
from millstream_tools.lab.content.encoders import TextEncoder, Vectors

_AT_ONCE = 128
"""Texts that are encoded before they are written: what a kill can cost."""

Hash = bytes


class CachedVectors:
    """Vectors in a folder of the encoder's, in files that are written whole or not at all and never changed.

    Each file has the texts' hashes, [n], and their vectors, [n, width], and is named after the hashes, so two runs at
    once do some work twice and spoil nothing.
    """

    def __init__(self, folder: Path, encoder: TextEncoder) -> None:
        self._folder = folder / encoder.identity
        self._encoder = encoder

    def of(self, texts: Sequence[str]) -> Vectors:
        """One row a text, [texts, width], from the folder where they are there; a bar shows the rest being made."""
        hashes = [_hash(text) for text in texts]
        known = self._read()
        missing = {own: text for own, text in zip(hashes, texts, strict=True) if own not in known}
        if missing:
            known |= self._encoded(missing)
        return np.stack([known[own] for own in hashes]) if texts else self._encoder.encode([])

    def _encoded(self, texts: Mapping[Hash, str]) -> dict[Hash, NDArray[np.float32]]:
        found: dict[Hash, NDArray[np.float32]] = {}
        with bar(total=len(texts), desc="texts encoded", unit="text") as shown:
            for part in _parts(list(texts), _AT_ONCE):
                vectors = self._encoder.encode([texts[own] for own in part])
                self._write(part, vectors)
                found.update(zip(part, vectors, strict=True))
                shown.update(len(part))
        return found

    def _read(self) -> dict[Hash, NDArray[np.float32]]:
        found: dict[Hash, NDArray[np.float32]] = {}
        for path in sorted(self._folder.glob("*.npz")):
            try:
                with np.load(path, allow_pickle=False) as file:
                    found.update(zip((row.tobytes() for row in file["hashes"]), file["vectors"], strict=True))
            except (ValueError, KeyError, EOFError, BadZipFile) as error:
                raise InvalidInputError(str(path), "vectors by text hash, or no such file", str(error)) from error
        return found

    def _write(self, hashes: Sequence[Hash], vectors: Vectors) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(b"".join(hashes)).hexdigest()[:32]
        new = self._folder / f"{name}.{os.getpid()}.new"
        with new.open("wb") as file:
            rows = np.frombuffer(b"".join(hashes), np.uint8).reshape(len(hashes), -1)
            np.savez(file, allow_pickle=False, hashes=rows, vectors=vectors)
        new.replace(self._folder / f"{name}.npz")


def _hash(text: str) -> Hash:
    return hashlib.sha256(text.encode()).digest()


def _parts(hashes: Sequence[Hash], size: int) -> Iterable[Sequence[Hash]]:
    return (hashes[start : start + size] for start in range(0, len(hashes), size))
