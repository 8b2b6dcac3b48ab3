"""Install a layer's packages for the Lambda runtime, which may differ from this machine."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from millstream_tools.explained import ExplainedError
from millstream_tools.lock import exclusive_lock
from millstream_tools.places import LOCK, STATE_FOLDER

CACHE = STATE_FOLDER / "wheels"
# Lambda's runtimes from python3.12 on are Amazon Linux 2023, which has glibc 2.34.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
NEWEST_GLIBC, OLDEST_GLIBC = 34, 17
MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}


class WheelError(ExplainedError):
    """pip could not install a layer's packages for Lambda; the message ends with pip's output."""


@dataclass(frozen=True, slots=True)
class LambdaRuntime:
    """The runtime of a function: Lambda's names of the Python version and the processor."""

    python: str
    architecture: str

    @property
    def pip_options(self) -> list[str]:
        """The pip options that select wheels for this runtime on any machine, without compiling."""
        machine = MACHINES[self.architecture]
        options = ["--only-binary=:all:", "--implementation=cp", f"--python-version={self.python}"]
        # pip reads these names as they stand: one for glibc 2.34 does not let in a wheel for 2.28.
        options += [f"--platform=manylinux_2_{minor}_{machine}" for minor in range(NEWEST_GLIBC, OLDEST_GLIBC - 1, -1)]
        return [*options, f"--platform=manylinux2014_{machine}"]


def installed(
    requirements: Path, runtime: LambdaRuntime, cache: Path = CACHE, say: Callable[[str], None] = print
) -> Path:
    """The folder with the packages of a requirements file, installed once for each content and runtime.

    Safe to call from several processes at once. Raises WheelError.
    """
    folder = cache / _name(requirements, runtime)
    with exclusive_lock(cache / "lock"):
        if not folder.is_dir():
            say(f"Fetching the packages of {requirements.parent.name} for Lambda (once)")
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            _install(requirements, runtime, unfinished)
            # Last: an interrupted installation does not get the name, and is repeated.
            unfinished.rename(folder)
    return folder


def _name(requirements: Path, runtime: LambdaRuntime) -> str:
    parts = (*runtime.pip_options, requirements.read_text(encoding="utf-8"), LOCK.read_text(encoding="utf-8"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _install(requirements: Path, runtime: LambdaRuntime, target: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-compile"]
    command += ["--quiet", *runtime.pip_options, f"--target={target}", f"--requirement={requirements}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WheelError(f"{requirements}: pip could not install it for Lambda:\n{done.stdout}{done.stderr}".rstrip())
