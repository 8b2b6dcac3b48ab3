"""The state file of a detached cloud: its processes and its deployment."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from millstream_tools.cloud.local.deployment import Deployment
from millstream_tools.cloud.local.poller.counters import replace_file
from millstream_tools.cloud.local.process import ProcessIdentity
from millstream_tools.explained import ExplainedError

FILE = "cloud.json"


class CloudStateError(ExplainedError):
    """The state file cannot be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class CloudState:
    """A detached cloud; poller and deployment are None until they are ready.

    `kept_in` is the folder that keeps its data, None if they go with the server.
    """

    endpoint_url: str
    server: ProcessIdentity
    poller: ProcessIdentity | None = None
    deployment: Deployment | None = None
    kept_in: str | None = None

    def save(self, folder: Path) -> None:
        """Write the state file."""
        replace_file(folder / FILE, json.dumps(asdict(self), indent=1))


def load_state(folder: Path) -> CloudState | None:
    """The cloud in the folder's state file, running or not; None if there is no file.

    Raises CloudStateError for a file that `save` did not write.
    """
    try:
        stored = json.loads((folder / FILE).read_bytes())
        return CloudState(
            stored["endpoint_url"],
            ProcessIdentity(**stored["server"]),
            ProcessIdentity(**stored["poller"]) if stored["poller"] else None,
            Deployment(**stored["deployment"]) if stored["deployment"] else None,
            stored.get("kept_in"),
        )
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise CloudStateError(
            f"{folder / FILE}: expected the state of a local cloud, got something else. End the cloud's processes, if "
            f"any are left (`ps -ef | grep {folder}` lists them), then delete the file and run `millstream up`"
        ) from error


def forget_state(folder: Path) -> None:
    """Remove the state file."""
    (folder / FILE).unlink(missing_ok=True)
