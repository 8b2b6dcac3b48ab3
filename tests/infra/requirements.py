"""What pyproject.toml and the layers ask for, by the names of the packages on the index."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.infra.cloudformation import ROOT

PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
GROUPS = PYPROJECT["dependency-groups"]
LOCK = ROOT / "infra" / "locked.txt"


def requirements(lines: list[str]) -> dict[str, Requirement]:
    """By name."""
    parsed = (Requirement(line) for line in lines)
    return {canonicalize_name(one.name): one for one in parsed}


def extra(name: str) -> dict[str, Requirement]:
    """The requirements of an extra."""
    return requirements(PROJECT["optional-dependencies"][name])


def group(name: str) -> dict[str, Requirement]:
    """The requirements of a dependency group, and of those that it includes."""
    lines = [line for line in GROUPS[name] if isinstance(line, str)]
    included = [group(line["include-group"]) for line in GROUPS[name] if not isinstance(line, str)]
    return requirements(lines) | {key: one for part in included for key, one in part.items()}


def locked() -> dict[str, Requirement]:
    """The lock: each name once, with one exact version."""
    return requirements(list(_lines(LOCK)))


def layer(name: str) -> dict[str, Requirement]:
    """The packages of a layer."""
    return requirements([line for line in _lines(layer_file(name)) if not line.startswith("--")])


def layer_file(name: str) -> Path:
    """What a layer asks for, by name."""
    return ROOT / "layers" / name / "requirements.in"


def _lines(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line
