"""What data an experiment or a tuning is on, and how it comes to be: read from a file, or made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from millstream.domain.errors import InvalidInputError
from millstream_tools.lab.data.data_folder import SETTING
from millstream_tools.lab.data.interactions import Interactions
from millstream_tools.lab.data.sources import FORMATS, read, simulated
from millstream_tools.lab.data.sources.digest import sha256_of, sha256_of_rows


@dataclass(frozen=True)
class Source:
    """A file of a format of `millstream_tools.lab.data.sources`; `path` is inside the folder with all data.

    The simulated shop has no path, but `knobs`.
    """

    format: str
    path: str = ""
    knobs: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.format not in (*FORMATS, simulated.FORMAT):
            raise InvalidInputError("data.format", f"one of {', '.join(FORMATS)}, {simulated.FORMAT}", self.format)
        if self.made_up:
            simulated.checked(self.knobs)
        if bool(self.path) == self.made_up:
            raise InvalidInputError("data.path", "a path for what is read, none for what is made up", self.path)
        if self.knobs and not self.made_up:
            raise InvalidInputError("data.knobs", "none for what is read", ", ".join(self.knobs))

    @property
    def made_up(self) -> bool:
        """Whether it is no file: the simulated shop."""
        return self.format == simulated.FORMAT

    def folder(self, named: Path | None) -> Path:
        """The folder with all data. Raises InvalidInputError where nobody named it and there is a file to read."""
        if named is None and not self.made_up:
            raise InvalidInputError(SETTING, "the folder with all data, here or as --data", "nothing")
        return named or Path()

    def rows(self, folder: Path) -> Interactions:
        """What is read or made up, as it is: nothing is cleaned yet. Raises UnknownDataError, BadDataError."""
        if self.made_up:
            return simulated.simulated(self.knobs).interactions
        return read(self.format, folder / self.path)

    def sha256(self, folder: Path) -> str:
        """Of the file or, of what is made up, of its rows."""
        return sha256_of_rows(self.rows(folder)) if self.made_up else sha256_of(folder / self.path)
