"""Builds what LocalStack's core needs to run without Docker, once, in .millstream/localstack."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path

from millstream_tools.explained import ExplainedError
from millstream_tools.lock import exclusive_lock
from millstream_tools.places import CHECKOUT, STATE_FOLDER

PROJECT = CHECKOUT / "pyproject.toml"
FOLDER = STATE_FOLDER / "localstack"
STAMP = "millstream-stamp"
# LocalStack names few exact versions; what was released after it breaks it. The date is the day after its release.
RELEASED = "2026-02-27"
# The groups of pyproject.toml that are installed, each in an environment of its own.
CORE, RUNTIME = "localstack", "localstack-runtime"
# LocalStack's Kinesis: it would fetch this version itself, into this folder.
KINESIS = "kinesis-local@0.5.2"


class VerificationError(ExplainedError):
    """A requirement of the check is missing or could not be built; the message names it."""


def core_python(folder: Path = FOLDER) -> Path:
    """The interpreter with LocalStack's core."""
    return folder / "core" / "bin" / "python"


def runtime_python(folder: Path = FOLDER) -> Path:
    """The interpreter of the functions."""
    return folder / "runtime" / "bin" / "python"


def build(python: str, folder: Path = FOLDER) -> None:
    """Build it with `python`, which must be the functions' version, unless it stands. Raises VerificationError."""
    with exclusive_lock(folder.with_name(f"{folder.name}.lock")):
        stamp = folder / STAMP
        groups = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["dependency-groups"]
        wanted = hashlib.sha256(
            "\0".join([python, RELEASED, *groups[CORE], *groups[RUNTIME], KINESIS]).encode()
        ).hexdigest()
        if stamp.exists() and stamp.read_text() == wanted:
            return
        for program in (python, "npm"):
            if shutil.which(program) is None:
                raise VerificationError(f"expected a program {program} on the PATH, found none")
        print(f"Building LocalStack's core in {folder} (once; two minutes, half a gigabyte)")
        shutil.rmtree(folder, ignore_errors=True)
        for name, group in (("core", CORE), ("runtime", RUNTIME)):
            _run([python, "-m", "venv", str(folder / name)])
            pip = [str(folder / name / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
            # --uploaded-prior-to came with pip 26.
            _run([*pip, "pip==26.2"])
            options = [f"--uploaded-prior-to={RELEASED}"] if group == CORE else []
            _run([*pip, *options, "--group", f"{PROJECT}:{group}"])
        package, _, version = KINESIS.partition("@")
        prefix = folder / "root/var/lib/localstack/lib" / package / version
        prefix.mkdir(parents=True)
        _run(["npm", "install", "--silent", "--prefix", str(prefix), KINESIS])
        stamp.write_text(wanted)


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise VerificationError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
