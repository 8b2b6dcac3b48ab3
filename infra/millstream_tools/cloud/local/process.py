"""Start, identify and stop guarded processes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from millstream_tools.cloud.local import guard

# What a child may know of the developer's shell: enough to run programs and to write text, and no AWS setting.
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ")


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process, identified by pid and start time, so that a reused pid is not confused with it."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """Whether this process is running."""
        return bool(self.started) and _start_time(self.pid) == self.started

    def stop(self, patience: float) -> None:
        """Terminate the process, wait up to `patience` seconds, then kill it; does nothing if it has ended."""
        deadline = time.monotonic() + patience
        self._send(signal.SIGTERM)
        while self.alive and time.monotonic() < deadline:
            time.sleep(0.02)
        self._send(signal.SIGKILL)
        while self.alive:
            time.sleep(0.02)

    def _send(self, number: signal.Signals) -> None:
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
        # A child of ours stays a zombie, which looks alive, until it is waited for.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)


@dataclass(frozen=True, slots=True)
class GuardedProcess:
    """A command under its guard. It ends with us unless it is detached."""

    identity: ProcessIdentity
    log: Path
    grace: float
    # Kept open: its closing, by whatever end we come to, tells the guard to stop.
    lifeline: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End the command and everything it has started; a second call does nothing."""
        self.lifeline.terminate()
        try:
            # The guard needs its grace, and then a moment to clear up.
            self.lifeline.wait(self.grace + 10)
        except subprocess.TimeoutExpired:
            self.lifeline.kill()
            self.lifeline.wait()
        if self.lifeline.stdin is not None:
            self.lifeline.stdin.close()


def start_guarded(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    log: Path,
    scratch: Path | None = None,
    grace: float = 3.0,
    detached: bool = False,
) -> GuardedProcess:
    """Start a command in its own process group, with only the given environment variables."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    arguments = [sys.executable, "-I", guard.__file__, "--grace", str(grace)]
    if scratch is not None:
        arguments += ["--scratch", str(scratch)]
    if detached:
        arguments.append("--detached")
    with log.open("ab") as output:
        started = subprocess.Popen(
            [*arguments, "--", *command],
            stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**kept, **environment},
            start_new_session=True,
        )
    return GuardedProcess(ProcessIdentity(started.pid, _start_time(started.pid)), log, grace, started)


def _start_time(pid: int) -> str:
    """The start time of a process, as the system reports it; empty if there is none, or only a zombie."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            # The name may hold spaces and brackets; the fields after it do not. Field 3 is the state, 22 the start.
            after_name = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return ""
        return "" if after_name[0] == "Z" else after_name[19]
    shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip()
