"""The local cloud: MiniStack, the deployed template and the poller, for tests and for development.

with running_cloud(folder) as cloud:        # ends with the block
    requests.get(cloud.deployment.api_url + "/health")

up(); status(); down()                      # lives on between commands; a state file in the folder knows it
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from millstream_tools.cloud.local.clients import Clients, environment
from millstream_tools.cloud.local.deployment import Deployment, deploy
from millstream_tools.cloud.local.environment import cloud_python
from millstream_tools.cloud.local.poller.counters import Counters, read_status
from millstream_tools.cloud.local.poller.delivery import Pace
from millstream_tools.cloud.local.poller.loop import STOP_AFTER
from millstream_tools.cloud.local.process import GuardedProcess, ProcessIdentity, start_guarded
from millstream_tools.cloud.local.server import start_server
from millstream_tools.cloud.local.state import CloudState, forget_state, load_state
from millstream_tools.explained import ExplainedError
from millstream_tools.lock import exclusive_lock
from millstream_tools.places import STATE_FOLDER, TEMPLATE, TOOLS

STACK = "millstream"
READ_EVERY = Pace().read_every
POLLER_LOG = "poller.log"
POLLER_STATUS = "poller-status.json"
POLLER_CHECKPOINTS = "poller-checkpoints.json"
# Longer than either guard needs from SIGTERM to its last word.
STOP_PATIENCE = STOP_AFTER + 15.0


class PollerStartError(ExplainedError):
    """The poller ended before it delivered anything; the message ends with its log."""


class CloudSettingsError(ExplainedError):
    """The running cloud was started with other settings."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a local cloud; `max_window` caps the template's batching windows, in seconds.

    `keep_in` is a folder that keeps its data, `port` that of its API; both only matter when the server is started.
    `read_every` is the time between two reads of a shard in seconds; AWS reads once a second.
    """

    template: Path = TEMPLATE
    stack: str = STACK
    parameters: Mapping[str, str] | None = None
    max_window: float = float("inf")
    keep_in: Path | None = None
    port: int | None = None
    read_every: float = READ_EVERY
    say: Callable[[str], None] = print


@dataclass(frozen=True, slots=True)
class Cloud:
    """A running cloud."""

    folder: Path
    deployment: Deployment
    clients: Clients

    def client(self, service: str) -> Any:
        """A boto3 client of this cloud."""
        return self.clients(service)

    @property
    def deliveries(self) -> tuple[Counters, ...]:
        """The poller's counts for each mapping; at most a quarter of a second old."""
        return read_status(self.folder / POLLER_STATUS)


@dataclass(frozen=True, slots=True)
class CloudStatus:
    """The status of a detached cloud; `deployment` is None if there is none."""

    server_running: bool
    poller_running: bool
    deployment: Deployment | None
    deliveries: tuple[Counters, ...]
    kept_in: str | None = None

    @property
    def running(self) -> bool:
        """Whether both the server and the poller are running."""
        return self.server_running and self.poller_running


@contextmanager
def running_cloud(folder: Path, settings: Settings | None = None) -> Iterator[Cloud]:
    """A cloud that ends with the block, also by an exception, Ctrl-C, SIGTERM or SIGKILL of this process.

    `folder` keeps the logs and the poller's counts. Raises what `deploy`, `start_server` and `cloud_python` raise.
    """
    chosen = settings or Settings()
    server, endpoint = start_server(cloud_python(say=chosen.say), folder)
    try:
        deployment = _deploy(endpoint, chosen)
        poller = start_poller(folder, deployment, max_window=chosen.max_window, read_every=chosen.read_every)
        try:
            yield Cloud(folder, deployment, Clients(endpoint))
        finally:
            poller.stop()
    finally:
        server.stop()


def up(folder: Path = STATE_FOLDER, settings: Settings | None = None) -> Deployment:
    """Start a cloud that outlives this process, or update the running one from the files on disk."""
    chosen = settings or Settings()
    with exclusive_lock(folder / "lock"):
        state = load_state(folder)
        if state is not None and state.server.alive:
            _check_unchanged(state, chosen)
        else:
            keep_in = _kept(state, chosen)
            _stop(folder)
            chosen.say("Starting MiniStack")
            server, endpoint = start_server(
                cloud_python(say=chosen.say),
                folder,
                keeping=keep_in,
                port=chosen.port,
                detached=True,
                # Saved before the server is ready, so that `down` can stop it in any case.
                started=lambda endpoint, identity: _begun(endpoint, identity, keep_in).save(folder),
            )
            state = _begun(endpoint, server.identity, keep_in)
        chosen.say(f"Deploying {chosen.template.name} to {state.endpoint_url}")
        deployment = _deploy(state.endpoint_url, chosen)
        if state.poller is not None:
            state.poller.stop(STOP_PATIENCE)
        state = replace(state, deployment=deployment)
        start_poller(
            folder,
            deployment,
            max_window=chosen.max_window,
            read_every=chosen.read_every,
            detached=True,
            started=lambda identity: replace(state, poller=identity).save(folder),
        )
        return deployment


def down(folder: Path = STATE_FOLDER) -> bool:
    """Stop the folder's cloud and delete its data; False if there was none."""
    if not folder.is_dir():
        return False
    with exclusive_lock(folder / "lock"):
        return _stop(folder)


def status(folder: Path = STATE_FOLDER) -> CloudStatus:
    """The status of the folder's cloud."""
    state = load_state(folder)
    if state is None:
        return CloudStatus(False, False, None, ())
    poller_running = state.poller is not None and state.poller.alive
    deliveries = read_status(folder / POLLER_STATUS)
    return CloudStatus(state.server.alive, poller_running, state.deployment, deliveries, state.kept_in)


def start_poller(
    folder: Path,
    deployment: Deployment,
    *,
    max_window: float = float("inf"),
    read_every: float = READ_EVERY,
    detached: bool = False,
    started: Callable[[ProcessIdentity], None] = lambda _: None,
) -> GuardedProcess:
    """Start the poller for a deployed stack and wait until it delivers; raises PollerStartError.

    `started` is called before the wait, so that the caller can stop the process in any case.
    """
    counts = folder / POLLER_STATUS
    counts.unlink(missing_ok=True)
    process = start_guarded(
        [
            *(sys.executable, "-m", "millstream_tools.cloud.local.poller"),
            *("--endpoint", deployment.endpoint_url, "--stack", deployment.stack),
            *("--max-window", str(max_window), "--read-every", str(read_every)),
            *("--status", str(counts), "--checkpoints", str(folder / POLLER_CHECKPOINTS)),
        ],
        environment={**environment(deployment.endpoint_url), "PYTHONPATH": str(TOOLS)},
        log=folder / POLLER_LOG,
        grace=STOP_AFTER + 5.0,
        detached=detached,
    )
    try:
        started(process.identity)
        _wait_for(counts, process)
    except BaseException:
        process.stop()
        raise
    return process


def _wait_for(counts: Path, process: GuardedProcess) -> None:
    deadline = time.monotonic() + 30.0
    while not counts.exists():
        if not process.identity.alive or time.monotonic() > deadline:
            raise PollerStartError(f"the poller did not start:\n{process.log.read_text(errors='replace')}")
        time.sleep(0.02)


def _begun(endpoint: str, server: ProcessIdentity, keep_in: Path | None) -> CloudState:
    return CloudState(endpoint, server, kept_in=None if keep_in is None else str(keep_in))


def _check_unchanged(state: CloudState, settings: Settings) -> None:
    """Raise CloudSettingsError if the running server was started with other settings."""
    wanted = None if settings.keep_in is None else str(settings.keep_in.resolve())
    if wanted is not None and wanted != state.kept_in:
        now = f"keeps its data in {state.kept_in}" if state.kept_in else "keeps no data"
        raise CloudSettingsError(f"the local cloud is running and {now}: run `millstream down` first")
    if settings.port is not None and not state.endpoint_url.endswith(f":{settings.port}"):
        raise CloudSettingsError(f"the local cloud is running at {state.endpoint_url}: run `millstream down` first")


def _kept(ended: CloudState | None, settings: Settings) -> Path | None:
    """The folder that keeps the data of the cloud that is started; says what became of those of one that died."""
    keep_in = None if settings.keep_in is None else settings.keep_in.resolve()
    if ended is None:
        return keep_in
    if ended.kept_in is None:
        settings.say(
            "The last local cloud ended without `millstream down`: its events, items, models and views are lost. "
            "`millstream up --persist FOLDER` keeps them."
        )
        return keep_in
    if keep_in is None:
        settings.say(
            f"The last local cloud ended without `millstream down`; its data are in {ended.kept_in}, perhaps "
            "without what was written in its last seconds."
        )
        return Path(ended.kept_in)
    return keep_in


def _deploy(endpoint: str, settings: Settings) -> Deployment:
    return deploy(endpoint, settings.template, settings.stack, settings.parameters)


def _stop(folder: Path) -> bool:
    state = load_state(folder)
    if state is None:
        return False
    # The poller first: it finishes the batch in flight, for which it needs the server.
    for process in (state.poller, state.server):
        if process is not None:
            process.stop(STOP_PATIENCE)
    _remove_leftovers(folder)
    forget_state(folder)
    return True


def _remove_leftovers(folder: Path) -> None:
    """Delete the files of a stopped cloud, except the logs."""
    for name in (POLLER_STATUS, POLLER_CHECKPOINTS):
        (folder / name).unlink(missing_ok=True)
