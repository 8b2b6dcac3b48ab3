"""Ctrl-C before a command has begun. Python tells what it has imported, so nobody has to guess when that is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = ("-m", "millstream_tools.cli.main")
SCRIPT = ("-c", "import sys; from millstream_tools.cli.main import app; sys.exit(app())")
"""What the installed `millstream` does."""

IMPORTED = "import time:"
"""Begins the lines in which Python tells it."""

INTERRUPTS_ITSELF = """
import signal
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    raise ImportError("initialization failed")
"""
"""What onnxruntime does to somebody who presses Ctrl-C while it is being imported."""


@pytest.mark.parametrize("way", [MODULE, SCRIPT])
@pytest.mark.parametrize("module", ["typer._click", "botocore.exceptions", "millstream_tools.cli.views"])
def test_a_command_that_is_interrupted_while_it_loads_ends_without_a_word(way: tuple[str, str], module: str) -> None:
    """Near the beginning, in the middle, and at the last modules; the status is that of a shell for Ctrl-C."""
    python = started(*way, "demo")
    assert python.stderr is not None
    assert any(line.startswith(IMPORTED) and line.split()[-1] == module for line in python.stderr)
    python.send_signal(signal.SIGINT)
    assert end_of(python) == (130, [])


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "RuntimeError"])
def test_so_does_one_that_has_not_yet_said_what_interruptions_are_to_do(tmp_path: Path, error: str) -> None:
    """It needs a module for that, and Python may make another error of the interruption."""
    (tmp_path / "signal.py").write_text(f"raise {error}")
    assert end_of(started(*MODULE, "demo", path=tmp_path)) == (130, [])


def test_so_does_one_that_loads_more_when_it_runs(tmp_path: Path) -> None:
    """Also where a module makes another error of the interruption."""
    (tmp_path / "onnxruntime.py").write_text(INTERRUPTS_ITSELF)
    assert end_of(started(*MODULE, "demo", path=tmp_path)) == (130, [])


def test_who_has_interruptions_ignored_is_not_interrupted(tmp_path: Path) -> None:
    """As `nohup` and shells have it for what runs behind."""
    (tmp_path / "onnxruntime.py").write_text(INTERRUPTS_ITSELF)
    ignored = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
    loaded = "from millstream_tools.cli.loading import loading\nwith loading():\n    import onnxruntime"
    assert end_of(started("-c", f"{ignored}\n{loaded}", path=tmp_path)) == (0, [])


def test_an_interruption_after_loading_is_an_exception_again() -> None:
    """So that commands can clean up."""
    loaded = "import signal\nfrom millstream_tools.cli.loading import loading\nwith loading():\n    import typing"
    caught = "try:\n    signal.raise_signal(signal.SIGINT)\nexcept KeyboardInterrupt:\n    raise SystemExit(7)"
    assert end_of(started("-c", f"{loaded}\n{caught}")) == (7, [])


def started(*arguments: str, path: Path | None = None) -> subprocess.Popen[str]:
    """A Python that tells what it imports, first of all from the folder `path`."""
    told = {**os.environ, "PYTHONPROFILEIMPORTTIME": "1"} | ({} if path is None else {"PYTHONPATH": str(path)})
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=told,
        preexec_fn=_heeding_interruptions,  # noqa: PLW1509 (the tests have one thread)
    )


def end_of(python: subprocess.Popen[str]) -> tuple[int, list[str]]:
    """Its status, and what else it said."""
    try:
        _, errors = python.communicate(timeout=60)
    finally:
        python.kill()
    return python.returncode, [line for line in errors.splitlines() if not line.startswith(IMPORTED)]


def _heeding_interruptions() -> None:
    """Also where whoever runs the tests has them ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
