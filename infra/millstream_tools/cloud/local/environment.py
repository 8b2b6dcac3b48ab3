"""Builds the virtual environment in which MiniStack and the deployed functions run, once.

Functions in MiniStack can import the packages of its environment. Therefore it has a separate environment, with the
packages of the layers but without Millstream, which must come from the core layer, as on AWS.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path

from millstream_tools.explained import ExplainedError
from millstream_tools.lock import exclusive_lock
from millstream_tools.places import ENVIRONMENT_FOLDER, LAYER_REQUIREMENTS, LOCK

# `full` brings the translator that expands AWS::Serverless resources inside MiniStack.
MINISTACK = "ministack[full]==1.5.33"
STAMP = "millstream-stamp"


class EnvironmentBuildError(ExplainedError):
    """pip or venv failed; the message ends with their last output."""


def cloud_python(
    folder: Path = ENVIRONMENT_FOLDER,
    requirements: Sequence[Path] = LAYER_REQUIREMENTS,
    say: Callable[[str], None] = print,
) -> Path:
    """The environment's interpreter; builds the environment first if it is missing or outdated.

    Safe to call from several processes at once: one builds, the others wait. Raises EnvironmentBuildError.
    """
    python = folder / "bin" / "python"
    wanted = _stamp(requirements)
    with exclusive_lock(folder.with_name(f"{folder.name}.lock")):
        stamp = folder / STAMP
        if python.exists() and stamp.exists() and stamp.read_text() == wanted:
            return python
        say(f"Building the local cloud's environment in {folder} (once; about a minute)")
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        _install(python, requirements, say)
        # Last: an interrupted build leaves no stamp and is repeated.
        stamp.write_text(wanted)
    return python


def _stamp(requirements: Sequence[Path]) -> str:
    missing = [str(path) for path in requirements if not path.is_file()]
    if missing:
        raise EnvironmentBuildError(f"expected the layers' requirements, found no {', '.join(missing)}")
    texts = (path.read_text() for path in (*requirements, LOCK))
    parts = [MINISTACK, sys.version, sysconfig.get_platform(), *texts]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _install(python: Path, requirements: Sequence[Path], say: Callable[[str], None]) -> None:
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", MINISTACK]
    for path in requirements:
        command += ["--requirement", str(path)]
    last_words: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            last_words = [*last_words, line.rstrip()][-20:]
            if line.startswith(("Collecting ", "Installing ")):
                # Without the list of who asked for it, and of everything that is being installed.
                say("  " + line.split(" (from ")[0].split(":")[0].strip())
    if pip.returncode:
        raise EnvironmentBuildError("pip could not install the local cloud:\n" + "\n".join(last_words))


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentBuildError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
