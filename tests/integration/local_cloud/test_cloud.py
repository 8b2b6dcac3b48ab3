"""Whole clouds: up and down, and the ends that nobody plans."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from millstream_tools.cloud.local.clients import Clients
from millstream_tools.cloud.local.cloud import (
    Cloud,
    CloudSettingsError,
    Settings,
    down,
    running_cloud,
    start_poller,
    status,
    up,
)
from millstream_tools.cloud.local.process import ProcessIdentity
from millstream_tools.cloud.local.server import is_ready
from millstream_tools.cloud.local.state import load_state
from millstream_tools.places import PYTHON_PATH
from tests.integration.local_cloud.conftest import SAMPLE
from tests.integration.local_cloud.test_delivery import put, seen
from tests.integration.local_cloud.waiting import eventually

pytestmark = pytest.mark.cloud

SETTINGS = Settings(template=SAMPLE, stack="sample", say=lambda _line: None)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for a detached cloud, which is ended whatever happens."""
    yield tmp_path
    down(tmp_path)


def processes_of(folder: Path) -> list[str]:
    """The command lines that speak of this folder: guards and poller by their arguments, workers by their script."""
    shown = subprocess.run(["ps", "-eww", "-o", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in shown.splitlines() if str(folder) in line and "ps -e" not in line]


def test_a_running_cloud_delivers_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Template, functions, poller; at the end no process and no scratch folder."""
    with running_cloud(tmp_path, SETTINGS) as cloud:
        put(cloud, "a")
        eventually(lambda: seen(cloud) == {"a": 1})
        assert len(processes_of(tmp_path)) >= 3
        assert list(tmp_path.glob("scratch-*"))
        endpoint = cloud.deployment.endpoint_url
    assert processes_of(tmp_path) == []
    assert list(tmp_path.glob("scratch-*")) == []
    assert not is_ready(endpoint)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_program_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C, a polite end and kill -9, with a function's worker alive."""
    program = """
        import sys, time
        from pathlib import Path
        from millstream_tools.cloud.local.cloud import running_cloud
        from tests.integration.local_cloud.test_cloud import SETTINGS
        from tests.integration.local_cloud.test_delivery import put, seen
        from tests.integration.local_cloud.waiting import eventually
        folder = Path(sys.argv[1])
        with running_cloud(folder, SETTINGS) as cloud:
            put(cloud, "a")
            eventually(lambda: seen(cloud))
            (folder / "works").touch()
            time.sleep(600)
    """
    starter = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, PYTHON_PATH))},
        stderr=subprocess.DEVNULL,
    )
    eventually((tmp_path / "works").exists)
    starter.send_signal(number)
    starter.wait()
    eventually(lambda: processes_of(tmp_path) == [])
    eventually(lambda: list(tmp_path.glob("scratch-*")) == [])


def test_an_exception_ends_the_cloud(tmp_path: Path) -> None:
    """A failing test must not leave a server."""
    with pytest.raises(ZeroDivisionError), running_cloud(tmp_path, SETTINGS):
        raise ZeroDivisionError
    assert processes_of(tmp_path) == []


def test_up_twice_keeps_the_server_and_its_data(folder: Path) -> None:
    """The second time it deploys what has changed, and the poller goes on where it was."""
    first = up(folder, SETTINGS)
    before = load_state(folder)
    second = up(folder, SETTINGS)
    after = load_state(folder)
    assert before is not None
    assert after is not None
    assert second == first
    assert after.server == before.server
    assert after.poller != before.poller
    assert status(folder).running
    assert status(folder).deployment == second


def test_down_ends_everything_and_a_second_time_nothing(folder: Path) -> None:
    """Also where no cloud ever was."""
    assert not down(folder)
    assert not down(folder / "never")
    deployment = up(folder, SETTINGS)
    assert down(folder)
    assert processes_of(folder) == []
    assert list(folder.glob("scratch-*")) == []
    assert not is_ready(deployment.endpoint_url)
    assert status(folder).deployment is None
    assert not down(folder)


def test_an_interrupt_while_the_poller_starts_leaves_none(folder: Path) -> None:
    """It is known before it delivers, and ended before the interrupt goes on."""
    deployment = up(folder, SETTINGS)
    before = processes_of(folder)
    known: list[ProcessIdentity] = []

    def interrupted(identity: ProcessIdentity) -> None:
        known.append(identity)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        start_poller(folder, deployment, detached=True, started=interrupted)
    eventually(lambda: not known[0].alive)
    assert processes_of(folder) == before


def test_up_starts_anew_when_the_server_has_died(folder: Path) -> None:
    """A stale state file is told from a running cloud."""
    up(folder, SETTINGS)
    state = load_state(folder)
    assert state is not None
    os.kill(state.server.pid, signal.SIGTERM)
    eventually(lambda: not status(folder).server_running)
    deployment = up(folder, SETTINGS)
    assert deployment.endpoint_url != state.endpoint_url
    assert status(folder).running


def test_what_is_kept_survives_a_kill(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Of the server, and of the process that looks after it. What is read again is folded again from the beginning."""
    said: list[str] = []
    kept = tmp_path_factory.mktemp("kept")
    settings = replace(SETTINGS, keep_in=kept, say=said.append)
    cloud = opened(folder, settings)
    put(cloud, "a")
    eventually(lambda: set(seen(cloud)) == {"a"})
    eventually(lambda: b"YQ==" in (kept / "state" / "kinesis.json").read_bytes())
    os.kill(child_of(server_of(folder)), signal.SIGKILL)
    eventually(lambda: not status(folder).server_running)
    cloud = opened(folder, replace(SETTINGS, say=said.append))  # it goes on where the data are
    assert f"its data are in {kept}" in " ".join(said)
    eventually(lambda: set(seen(cloud)) == {"a"})
    put(cloud, "b")
    os.kill(server_of(folder), signal.SIGKILL)
    eventually(lambda: not status(folder).server_running)
    cloud = opened(folder, settings)
    eventually(lambda: set(seen(cloud)) == {"a", "b"})


def opened(folder: Path, settings: Settings) -> Cloud:
    """The folder's cloud, started or updated."""
    deployment = up(folder, settings)
    return Cloud(folder, deployment, Clients(deployment.endpoint_url))


def server_of(folder: Path) -> int:
    """The process that looks after the server."""
    state = load_state(folder)
    assert state is not None
    return state.server.pid


def child_of(parent: int) -> int:
    """The one process that another one started."""
    shown = subprocess.run(["ps", "-eo", "ppid=,pid="], capture_output=True, text=True, check=True).stdout
    (child,) = (int(line.split()[1]) for line in shown.splitlines() if int(line.split()[0]) == parent)
    return child


def test_a_running_cloud_is_not_given_another_folder_or_port(folder: Path, tmp_path: Path) -> None:
    """The wish would otherwise be ignored."""
    up(folder, SETTINGS)
    for settings in (replace(SETTINGS, keep_in=tmp_path / "kept"), replace(SETTINGS, port=1)):
        with pytest.raises(CloudSettingsError, match="millstream down"):
            up(folder, settings)


def test_a_failed_deployment_keeps_the_running_cloud(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A mistake in the template costs no data; `down` still ends it all."""
    first = up(folder, SETTINGS)
    broken = shutil.copytree(SAMPLE.parent, tmp_path_factory.mktemp("project") / "broken")
    (broken / "functions" / "answer" / "app.py").unlink()
    with pytest.raises(Exception, match=r"Answer.Handler"):
        up(folder, Settings(template=broken / "template.yaml", stack="sample", say=lambda _line: None))
    assert status(folder).running
    assert status(folder).deployment == first
