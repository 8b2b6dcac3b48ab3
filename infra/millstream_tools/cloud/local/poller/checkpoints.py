"""Stores the position of each shard in a file, so that a restarted poller resumes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from millstream_tools.cloud.local.poller.counters import replace_file
from millstream_tools.cloud.local.poller.position import Position

Positions = Mapping[str, Position]


class Checkpoints:
    """Positions by mapping and shard; without a path they live only as long as the process.

    The stream's creation time is part of the key: a local stream that was made anew starts its sequence numbers anew.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._saved: dict[str, dict[str, Position]] = {}
        if path is not None and path.exists():
            stored = json.loads(path.read_text())
            self._saved = {key: {s: Position(**p) for s, p in shards.items()} for key, shards in stored.items()}

    def positions(self, mapping: str, stream_created_at: float) -> Positions:
        """The stored positions of a mapping's shards; empty when there are none for this very stream."""
        return dict(self._saved.get(_key(mapping, stream_created_at), {}))

    def save(self, mapping: str, stream_created_at: float, positions: Positions) -> None:
        """Store the positions of a mapping's shards; writes the file only when something moved."""
        key = _key(mapping, stream_created_at)
        if self._saved.get(key) == positions:
            return
        self._saved[key] = dict(positions)
        if self._path is not None:
            everything = {k: {s: p.as_json() for s, p in shards.items()} for k, shards in self._saved.items()}
            replace_file(self._path, json.dumps(everything))


def _key(mapping: str, stream_created_at: float) -> str:
    return f"{mapping}@{stream_created_at:.3f}"
