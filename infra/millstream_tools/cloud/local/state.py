"""Remembers a detached cloud in a file: which processes it is made of, and what is deployed in it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from millstream_tools.cloud.local.deployment import Deployment
from millstream_tools.cloud.local.poller.counters import replace_file
from millstream_tools.cloud.local.process import ProcessIdentity

FILE = "cloud.json"


@dataclass(frozen=True, slots=True)
class CloudState:
    """A detached cloud; poller and deployment are None until they stand."""

    endpoint_url: str
    server: ProcessIdentity
    poller: ProcessIdentity | None = None
    deployment: Deployment | None = None

    def save(self, folder: Path) -> None:
        """Write the state file."""
        replace_file(folder / FILE, json.dumps(asdict(self), indent=1))


def load_state(folder: Path) -> CloudState | None:
    """The cloud that the folder's state file speaks of, running or not; None when there is no file."""
    try:
        stored = json.loads((folder / FILE).read_text())
    except FileNotFoundError:
        return None
    return CloudState(
        stored["endpoint_url"],
        ProcessIdentity(**stored["server"]),
        ProcessIdentity(**stored["poller"]) if stored["poller"] else None,
        Deployment(**stored["deployment"]) if stored["deployment"] else None,
    )


def forget_state(folder: Path) -> None:
    """Remove the state file."""
    (folder / FILE).unlink(missing_ok=True)
