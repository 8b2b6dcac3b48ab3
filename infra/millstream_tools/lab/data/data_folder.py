"""The folder of the data sets, a setting."""

from __future__ import annotations

import os
from pathlib import Path

from millstream.domain.errors import InvalidInputError

SETTING = "MILLSTREAM_DATA"


def in_data_folder(path: str) -> Path:
    """The path inside the folder that the setting names; an absolute path is itself.

    Raises InvalidInputError for a relative path without the setting.
    """
    folder = os.environ.get(SETTING)
    if folder is None and not Path(path).is_absolute():
        raise InvalidInputError(SETTING, f"the folder with all data, for {path}", "nothing")
    return Path(folder or "") / path


def use(folder: Path) -> None:
    """Make it the folder with all data for what this process does from now on: models that read texts look there."""
    os.environ[SETTING] = str(folder.resolve())
