"""`millstream` as a person uses it, in a checkout of its own: with a cloud, without one, and interrupted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream_tools.cloud.local.environment import cloud_python
from millstream_tools.places import CHECKOUT, ENVIRONMENT_FOLDER, PYTHON_PATH
from tests.integration.local_cloud.test_cloud import processes_of

pytestmark = pytest.mark.cloud

SOURCES = ("infra", "functions", "layers")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of what `millstream` runs from, so that a cloud that somebody has up is left alone."""
    cloud_python()
    copy = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        shutil.copytree(CHECKOUT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "template.yaml", copy)
    (copy / ".millstream").mkdir()
    (copy / ".millstream" / ENVIRONMENT_FOLDER.name).symlink_to(ENVIRONMENT_FOLDER)
    (copy / "tmp").mkdir()
    yield copy
    millstream(copy, "down")


def test_up_send_recommend_status_down(checkout: Path) -> None:
    """The journey of the first five minutes; the second `down` finds nothing and says so."""
    assert "\n  millstream publish mug-1" in said(checkout, "up")
    position = said(checkout, "send", "alice", "ItemViewed", "mug-1").strip()
    assert position.startswith("shardId-")
    assert '"userId": "alice"' in said(checkout, "recommend", "alice", "--json", "--min-position", position)
    status = said(checkout, "status")
    assert "server   running\npoller   running\n" in status
    assert "ProjectEvents" in status
    # What was typed looks like the mark-up of the library that prints it, and is printed as it is.
    complaint = refused(checkout, "send", "alice", "[/b]", "mug-1")
    assert complaint.startswith("millstream: HTTP 400: eventList[0].eventType: expected one of ItemViewed, ")
    assert complaint.endswith(", got '[/b]'\n")
    assert said(checkout, "send", "alice", "ItemPurchased", "mug-1", "--quantity", "3").startswith("shardId-")
    complaint = refused(checkout, "send", "alice", "ItemViewed", "mug-1", "--quantity", "3")
    assert (
        complaint
        == "millstream: HTTP 400: eventList[0].quantity: expected no quantity, except with ItemPurchased, got 3\n"
    )
    assert "stopped" in said(checkout, "down")
    assert "No local cloud" in said(checkout, "down")
    assert processes_of(checkout) == []


@pytest.mark.parametrize("command", [("recommend", "alice"), ("send", "alice", "ItemViewed", "mug-1")])
def test_without_a_cloud_a_command_says_what_to_do(checkout: Path, command: tuple[str, ...]) -> None:
    """In one line, with the command to run."""
    message = refused(checkout, *command)
    assert "`millstream up`" in message
    assert message.count("\n") == 1


def test_an_interrupted_demo_leaves_nothing_behind(checkout: Path) -> None:
    """Ctrl-C while the cloud is up and the history is being imported: no process, no folder, no traceback."""
    demo = subprocess.Popen(
        program("demo"),
        cwd=checkout,
        env=environment(checkout),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert demo.stdout is not None
    # The shop introduces itself when the cloud is up.
    assert any("simulated shop" in line for line in demo.stdout)
    assert processes_of(checkout)
    demo.send_signal(signal.SIGINT)
    _, errors = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert "Traceback" not in errors
    assert processes_of(checkout) == []
    assert [path for path in (checkout / "tmp").iterdir() if path.is_dir()] == []


def said(checkout: Path, *arguments: str) -> str:
    """The output of a command that succeeds."""
    done = millstream(checkout, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(checkout: Path, *arguments: str) -> str:
    """The error output of a command that fails: one line."""
    done = millstream(checkout, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def millstream(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        program(*arguments), cwd=checkout, env=environment(checkout), capture_output=True, text=True, check=False
    )


def program(*arguments: str) -> list[str]:
    """The command line: what the installed script runs, from the sources in the current folder."""
    return [sys.executable, "-u", "-m", "millstream_tools.cli.main", *arguments]


def environment(checkout: Path) -> dict[str, str]:
    """Where the copy's sources and its temporary files are."""
    paths = os.pathsep.join(str(checkout / path.relative_to(CHECKOUT)) for path in PYTHON_PATH)
    return {"PATH": os.environ["PATH"], "PYTHONPATH": paths, "TMPDIR": str(checkout / "tmp"), "HOME": str(checkout)}
