"""The state of a choice in a file: each trial when it is finished, so that a killed process resumes."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from millstream.learning.choosing.trials import Outcome
from millstream.learning.interactions import Floats

FORMAT = 1


class Journal:
    """Outcomes by key, in a file in `folder` that is named by what they depend on; without a folder, in memory alone.

    A line that is damaged, or cut off by a kill, is left out: its trial is done again.
    """

    def __init__(self, folder: Path | None, about: Mapping[str, Any]) -> None:
        """`about` is what the outcomes depend on: data, seed, units, limits, code."""
        self._known: dict[str, Outcome] = {}
        self.path: Path | None = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            said = json.dumps({"format": FORMAT, **about}, sort_keys=True)
            self.path = folder / f"choice-{hashlib.blake2b(said.encode(), digest_size=8).hexdigest()}.jsonl"
            self._read(self.path)
        self.resumed = len(self._known)

    def get(self, key: str) -> Outcome | None:
        """The outcome of a finished trial."""
        return self._known.get(key)

    def put(self, key: str, outcome: Outcome) -> None:
        """Keep an outcome. Raises OSError."""
        self._known[key] = outcome
        if self.path is not None:
            line = {"key": key, "units": outcome.units, "values": _text(outcome.values), "hits": _text(outcome.hits)}
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def remove(self) -> None:
        """Remove the file, when the model is written."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _read(self, path: Path) -> None:
        if not path.exists():
            return
        text = path.read_bytes()
        for line in text.split(b"\n"):
            try:
                said = json.loads(line)
                outcome = Outcome(_values(said["values"]), _values(said["hits"]), float(said["units"]))
                if len(outcome.values) == len(outcome.hits) > 0:
                    self._known[str(said["key"])] = outcome
            except (ValueError, KeyError, TypeError):
                continue
        if text and not text.endswith(b"\n"):
            with path.open("ab") as file:  # so that the next line does not continue the one that was cut off
                file.write(b"\n")


def _text(values: Floats) -> str:
    return base64.b64encode(values.astype("<f8").tobytes()).decode()


def _values(text: str) -> Floats:
    return np.frombuffer(base64.b64decode(text, validate=True), "<f8").astype(np.float64)
