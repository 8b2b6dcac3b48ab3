"""Whatever ends, and however it ends, no process and no folder stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream_tools.cloud.local.process import GuardedProcess, ProcessIdentity, start_guarded
from millstream_tools.places import PYTHON_PATH
from tests.integration.local_cloud.waiting import eventually

# Starts a child of its own, as MiniStack starts its workers, and tells both pids.
PARENT = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.{on_term})
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open("pids.new", "w").write(f"{{os.getpid()}} {{child.pid}}")
os.rename("pids.new", "pids")
time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder of the guarded command."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for pid in pids_in(tmp_path):
        if runs(pid):
            os.kill(pid, signal.SIGKILL)


def start(folder: Path, on_term: str = "SIG_DFL", grace: float = 5.0) -> GuardedProcess:
    """A guarded command with a child and a scratch folder, both there when this returns."""
    (folder / "scratch").mkdir()
    (folder / "scratch" / "file").write_text("worker's code")
    process = start_guarded(
        [sys.executable, "-c", PARENT.format(on_term=on_term)],
        environment={},
        log=folder / "log",
        scratch=folder / "scratch",
        grace=grace,
    )
    eventually(lambda: pids_in(folder))
    return process


def pids_in(folder: Path) -> list[int]:
    """The pids that the command told."""
    told = folder / "pids"
    return [int(pid) for pid in told.read_text().split()] if told.exists() else []


def runs(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(shown.strip()) and not shown.startswith("Z")


def nothing_is_left(folder: Path) -> bool:
    """Neither the command, nor its child, nor the scratch folder."""
    return not any(map(runs, pids_in(folder))) and not (folder / "scratch").exists()


def test_a_stop_ends_the_command_its_children_and_its_folder(folder: Path) -> None:
    """Also the child that the command itself does not end."""
    process = start(folder)
    process.stop()
    assert nothing_is_left(folder)
    process.stop()


def test_a_command_that_ignores_the_request_is_killed(folder: Path) -> None:
    """After its grace."""
    process = start(folder, on_term="SIG_IGN", grace=0.2)
    process.stop()
    assert nothing_is_left(folder)


def test_a_command_that_dies_takes_its_children_with_it(folder: Path) -> None:
    """A crashed server leaves no workers."""
    process = start(folder)
    os.kill(pids_in(folder)[0], signal.SIGKILL)
    eventually(lambda: nothing_is_left(folder))
    process.stop()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_death_of_the_starting_process_ends_the_command(folder: Path, number: signal.Signals) -> None:
    """Even kill -9, after which nobody can clear up: the guard sees its input close."""
    starter = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(
                """
                import time
                from pathlib import Path
                from tests.unit.tools.cloud.local.test_guard import start
                start(Path.cwd())
                time.sleep(600)
                """
            ),
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, PYTHON_PATH))},
        stderr=subprocess.DEVNULL,
    )
    eventually(lambda: pids_in(folder))
    assert not nothing_is_left(folder)
    starter.send_signal(number)
    starter.wait()
    eventually(lambda: nothing_is_left(folder))


def test_only_named_variables_reach_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No AWS setting of the developer's shell leaks into the local cloud."""
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    program = "import os; print(sorted(os.environ))"
    process = start_guarded([sys.executable, "-c", program], environment={"ONE": "1"}, log=tmp_path / "log")
    eventually(lambda: not process.identity.alive)
    seen = (tmp_path / "log").read_text()
    assert "'ONE'" in seen
    assert "AWS" not in seen
    assert "PYTHONPATH" not in seen
    process.stop()


def test_a_recycled_pid_is_not_taken_for_the_process() -> None:
    """Same pid, other start: it is somebody else's, and must not be killed."""
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        ProcessIdentity(sleeper.pid, "some other time").stop(patience=0.1)
        assert runs(sleeper.pid)
    finally:
        sleeper.kill()
        sleeper.wait()


def test_no_process_is_not_alive() -> None:
    """Neither a pid that nobody has nor a missing start time."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert not ProcessIdentity(gone.pid, "1").alive
    assert not ProcessIdentity(0, "").alive
