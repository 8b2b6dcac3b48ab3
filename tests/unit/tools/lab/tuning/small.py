"""A small search: what is stated, and how it is run and read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from millstream_tools.lab.experiments.searching import tune
from millstream_tools.lab.experiments.tuning import read_tuning
from millstream_tools.lab.experiments.tuning_report import Tuned

STATED: dict[str, Any] = {
    "title": "Made up",
    "data": {"mapping": "recbole", "path": "made-up/walks.inter"},
    "preparation": [],
    "validation": {"kind": "time_series", "cuts": [0.4, 0.6, 0.8], "knobs": {"every": 2}},
    "metric": "HR@1",
    "models": [
        {
            "name": "what comes next",
            "family": "covisitation",
            "knobs": {"reach": 4, "asked_decay": 1.0, "backward": 0, "in_smoothing": 30},
            "search": {"asked_decay": {"low": 0.05, "high": 1.0}, "last": {"low": 1, "high": 8, "log": True}},
        }
    ],
    "trials": 8,
    "seed": 5,
}


def written(folder: Path, stated: dict[str, Any]) -> Path:
    """The configuration's file."""
    path = folder / "walks.yaml"
    path.write_text(yaml.safe_dump(stated))
    return path


def ran(
    folder: Path, stated: dict[str, Any], data: Path, say: Callable[[str], None] = lambda _: None
) -> tuple[Tuned, ...]:
    """A search that writes and keeps its trials in the folder."""
    return tuple(tune(read_tuning(written(folder, stated)), data, folder, folder, "the command", say)[1])


def tried_in(folder: Path) -> list[dict[str, Any]]:
    """All trials without the time that they took."""
    content = json.loads((folder / "walks.json").read_text())
    return [{name: value for name, value in one.items() if name != "seconds"} for one in content["models"][0]["tried"]]
