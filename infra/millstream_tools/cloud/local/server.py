"""Starts MiniStack on the loopback interface and waits until it answers."""

from __future__ import annotations

import socket
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from millstream_tools.cloud.local.clients import ACCOUNT, REGION
from millstream_tools.cloud.local.process import GuardedProcess, ProcessIdentity, start_guarded
from millstream_tools.explained import ExplainedError

HOST = "127.0.0.1"
MINISTACK = Path(__file__).with_name("mended_ministack.py")


class ServerStartError(ExplainedError):
    """MiniStack did not become ready; the message ends with its log's last lines."""


def start_server(
    python: Path,
    folder: Path,
    *,
    keeping: Path | None = None,
    port: int | None = None,
    detached: bool = False,
    patience: float = 60.0,
    started: Callable[[str, ProcessIdentity], None] = lambda _endpoint, _identity: None,
) -> tuple[GuardedProcess, str]:
    """Start MiniStack with `python`: its process and its endpoint URL; ServerStartError after `patience` seconds.

    What is stored is kept in the folder `keeping`, and found there again; without one it goes with the server. A free
    port is chosen unless one is given.

    `started` is called before the wait, so that the caller can stop the process in any case.
    Everything that it and its workers write goes into a scratch folder below `folder`, which goes when it ends:
    MiniStack leaves the unpacked code of every worker behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="scratch-", dir=folder))
    log = folder / "ministack.log"
    log.unlink(missing_ok=True)
    port = _free_port() if port is None else _checked_port(port)
    process = start_guarded(
        # -P: the modules beside the script are not MiniStack's.
        [str(python), "-P", str(MINISTACK)],
        environment=_environment(port, scratch) | _persistence(keeping),
        log=log,
        scratch=scratch,
        detached=detached,
    )
    endpoint = f"http://{HOST}:{port}"
    try:
        started(endpoint, process.identity)
        _wait_until_ready(process, endpoint, patience)
    except BaseException:
        process.stop()
        raise
    return process, endpoint


def is_ready(endpoint: str) -> bool:
    """Whether a MiniStack answers there."""
    try:
        # No proxies: a loopback address must not be looked for outside.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{endpoint}/_ministack/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _environment(port: int, scratch: Path) -> dict[str, str]:
    return {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        # Without this MiniStack opens 0.0.0.0:8883, whatever BIND_HOST says.
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "TMPDIR": str(scratch),
        # The functions inherit this: no ~/.aws of the developer may reach them.
        "HOME": str(scratch),
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONUNBUFFERED": "1",
    }


def _persistence(keeping: Path | None) -> dict[str, str]:
    if keeping is None:
        return {}
    folder = keeping.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "s3"),
    }


def _wait_until_ready(process: GuardedProcess, endpoint: str, patience: float) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if is_ready(endpoint):
            return
        if not process.identity.alive:
            raise ServerStartError(f"MiniStack ended before it was ready:\n{_tail(process.log)}")
        time.sleep(0.05)
    raise ServerStartError(f"MiniStack was not ready after {patience:g} s:\n{_tail(process.log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])


def _checked_port(port: int) -> int:
    """The port, if nobody listens there. Raises ServerStartError."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ServerStartError(f"port {port} of {HOST} cannot be used: {error.strerror}") from error
    return port


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
