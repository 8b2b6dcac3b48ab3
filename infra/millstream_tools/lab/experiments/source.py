"""The data of an experiment or a tuning: read from files, or simulated."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from millstream.application.replay.progress import silently
from millstream.domain.errors import InvalidInputError
from millstream.learning.interactions import Interactions
from millstream_tools.lab.data.data_folder import SETTING
from millstream_tools.lab.data.simulated import checked, simulated
from millstream_tools.readers.digest import sha256_of_all, sha256_of_content, sha256_of_rows
from millstream_tools.readers.interactions import read_interactions
from millstream_tools.readers.mapping_file import read_mapping
from millstream_tools.tables.errors import BadFileError


class Rows(NamedTuple):
    """The data as it is, before it is cleaned, and what reading it left out, in lines for people."""

    interactions: Interactions
    said: Sequence[str] = ()


@dataclass(frozen=True)
class Source:
    """Files inside the folder with all data, read by a mapping of `millstream_tools.readers`; or the simulated shop.

    `path` is one path or several, each a file, a folder or a tar file of one. `sha256` is that of the files' content,
    one after the other and uncompressed, where figures are only comparable on the very same bytes. The simulated shop
    has knobs in place of all these.
    """

    mapping: str = ""
    path: str | Sequence[str] = ()
    sha256: str = ""
    simulated_shop: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.simulated_shop is not None:
            checked(self.simulated_shop)
            if self.mapping or self.path or self.sha256:
                raise InvalidInputError("data", "simulated_shop, or mapping and path", "both")
        elif not self.mapping or not self.path:
            raise InvalidInputError("data", "mapping and path, or simulated_shop", "neither")
        else:
            read_mapping(self.mapping, {})

    @property
    def made_up(self) -> bool:
        """Whether it is no file: the simulated shop."""
        return self.simulated_shop is not None

    @property
    def name(self) -> str:
        """The description for results."""
        if self.simulated_shop is not None:
            return f"simulated shop, {dict(self.simulated_shop)}"
        return ", ".join(self._paths)

    def folder(self, named: Path | None) -> Path:
        """The folder with all data. Raises InvalidInputError if it is needed and not given."""
        if named is None and not self.made_up:
            raise InvalidInputError(SETTING, "the folder with all data, here or as --data", "nothing")
        return named or Path()

    def rows(self, folder: Path) -> Rows:
        """Read or simulate the data. Raises ImportingError, InvalidInputError for other files than stated."""
        if self.simulated_shop is not None:
            return Rows(simulated(self.simulated_shop).interactions)
        with _files([folder / path for path in self._paths]) as files:
            if self.sha256 and (found := sha256_of_content(files)) != self.sha256:
                raise InvalidInputError("data.sha256", self.sha256, found)
            interactions, tally = read_interactions(files, read_mapping(self.mapping, {}), silently, lambda _: None)
        rejected = [f"{many:,} {column}: expected {why}" for (column, why), many in tally.reasons.most_common()]
        said = f"read {tally.rows:,} rows: {tally.events:,} events, {tally.rejected:,} rejected"
        return Rows(interactions, ["; ".join([said, *rejected])])

    def digest(self, folder: Path) -> str:
        """SHA-256 of the files or, of what is made up, of its rows."""
        if self.made_up:
            return sha256_of_rows(self.rows(folder).interactions)
        return sha256_of_all([folder / path for path in self._paths])

    @property
    def _paths(self) -> Sequence[str]:
        return (self.path,) if isinstance(self.path, str) else self.path


@contextmanager
def _files(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """The files themselves; those of a folder or a tar file in order of their names, numbers by size."""
    with tempfile.TemporaryDirectory(prefix="millstream-data-") as unpacked:
        found: list[Path] = []
        for number, path in enumerate(paths):
            if not path.exists():
                raise BadFileError(f"{path}: expected a file or a folder, got nothing at this path")
            place = _unpacked(path, Path(unpacked) / str(number)) if ".tar" in path.suffixes else path
            found += _inside(place) if place.is_dir() else [place]
        yield found


def _inside(folder: Path) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".md", "")]
    return sorted(files, key=lambda path: (len(path.name), path.name))


def _unpacked(path: Path, into: Path) -> Path:
    try:
        with tarfile.open(path) as archive:
            archive.extractall(into, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise BadFileError(f"{path}: expected a tar file: {error}") from error
    return into
