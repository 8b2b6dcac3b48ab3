"""The files of a model folder, and the digest that names its version.

    model.onnx        the graph that `signature.json` describes
    model.data        the graph's matrices, mapped into memory
    vocabulary.keys   item keys, ascending, as little-endian u64: the item at index i of every matrix
    vocabulary.ids    the item ids in the same order, one JSON string a line; for people, scoring never reads it
    signature.json    the graph's inputs and outputs (`scoring.signature`)
    card.json         the model's origin and metrics; for people
    SHA256SUMS        digests of the files that determine the output; `sha256sum --check SHA256SUMS` verifies them

The card is not among the sums: it contains the creation time, and the same history must give the same version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from millstream.domain.errors import InvalidInputError

GRAPH = "model.onnx"
MATRICES = "model.data"
VOCABULARY_KEYS = "vocabulary.keys"
VOCABULARY_IDS = "vocabulary.ids"
SIGNATURE = "signature.json"
CARD = "card.json"
SUMS = "SHA256SUMS"

DECISIVE = (MATRICES, GRAPH, SIGNATURE, VOCABULARY_IDS, VOCABULARY_KEYS)
"""The files that determine the output, in the order of SHA256SUMS."""

_DIGEST_CHARACTERS_IN_A_VERSION = 12


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sums_of(folder: Path) -> str:
    """The expected content of SHA256SUMS. Raises InvalidInputError if a file is missing."""
    return "".join(f"{sha256_of(_present(folder, name))}  {name}\n" for name in DECISIVE)


def digest_of(folder: Path) -> str:
    """The folder's digest: the SHA-256 of its SHA256SUMS. Raises InvalidInputError if there is none."""
    return sha256_of(_present(folder, SUMS))


def version_name(algorithm: str, digest: str) -> str:
    """The version of a model: the same history gives the same folder and so the same version."""
    return f"{algorithm}-{digest[:_DIGEST_CHARACTERS_IN_A_VERSION]}"


def check_version(folder: Path, algorithm: str, version: str) -> None:
    """Raise InvalidInputError unless the folder has this version."""
    named = version_name(algorithm, digest_of(folder))
    if named != version:
        raise InvalidInputError(f"{folder.name}/{SUMS}", f"the digest of version {version}", named)


def check_files(folder: Path) -> None:
    """Raise InvalidInputError for the first file that is missing or does not match SHA256SUMS; reads every byte."""
    listed = _present(folder, SUMS).read_text(errors="backslashreplace").splitlines()
    for expected, got in zip(listed, sums_of(folder).splitlines(), strict=False):
        if expected != got:
            raise InvalidInputError(
                f"{folder.name}/{got.split()[-1]}", f"SHA-256 {expected.partition(' ')[0]}", got.split()[0]
            )
    if len(listed) != len(DECISIVE):
        raise InvalidInputError(f"{folder.name}/{SUMS}", f"one line for each of {', '.join(DECISIVE)}", listed)


def missing(folder: Path, names: Iterable[str] = DECISIVE) -> list[str]:
    """The named files that are missing in the folder."""
    return [name for name in names if not (folder / name).is_file()]


def _present(folder: Path, name: str) -> Path:
    if missing(folder, [name]):
        raise InvalidInputError(f"{folder.name}/{name}", "a file of a model folder", "no such file")
    return folder / name
