"""Verify the views against the log and rebuild them, as `millstream verify` and `rebuild` do."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from millstream.application.replay.progress import Progress
from millstream_tools.ops import replays
from millstream_tools.ops.stack import Stack


@dataclass(frozen=True)
class Proof:
    """The digests of the live views, of the log at the same positions, and of the rebuilt views."""

    live: str
    log: str
    rebuilt: str
    different: int
    users: int
    shards: int
    records: int
    verify_seconds: float
    rebuild_seconds: float

    @property
    def holds(self) -> bool:
        """Whether all three are equal."""
        return not self.different and self.live == self.log == self.rebuilt


def prove(stack: Stack, progress: Progress) -> Proof:
    """Verify, then rebuild; the rebuilt version serves. Raises UnavailableError."""
    began = time.perf_counter()
    found = replays.verify(stack, progress)
    verified = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="millstream-rebuild-") as folder:
        rebuilt = replays.rebuild(stack, progress, folder=Path(folder) / "views")
    return Proof(
        live=found.live,
        log=found.log,
        rebuilt=rebuilt.digest,
        different=found.different,
        users=found.users,
        shards=len(found.reached),
        records=found.tally.records,
        verify_seconds=verified - began,
        rebuild_seconds=time.perf_counter() - verified,
    )
