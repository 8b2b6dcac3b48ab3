"""Builds what LocalStack's core needs to run without Docker, once, in .millstream/localstack."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from millstream_tools.explained import ExplainedError
from millstream_tools.lock import exclusive_lock
from millstream_tools.places import STATE_FOLDER

FOLDER = STATE_FOLDER / "localstack"
STAMP = "millstream-stamp"
# LocalStack names few exact versions; what was released after it breaks it. The date is the day after its release.
RELEASED = "2026-02-27"
CORE = ("localstack-core[runtime]==4.14.0", "cbor2==5.8.0", "pyopenssl==25.3.0", "cryptography==46.0.5")
# AWS's own client of the runtime API, and nothing else: a function finds only what its zip carries.
RUNTIME = ("awslambdaric==4.2.2",)
# LocalStack's Kinesis: it would fetch this version itself, into this folder.
KINESIS = "kinesis-local@0.5.2"


class VerificationError(ExplainedError):
    """What the verification needs is not here or could not be built; the message says what."""


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
        wanted = hashlib.sha256("\0".join([python, RELEASED, *CORE, *RUNTIME, KINESIS]).encode()).hexdigest()
        if stamp.exists() and stamp.read_text() == wanted:
            return
        for program in (python, "npm"):
            if shutil.which(program) is None:
                raise VerificationError(f"expected a program {program} on the PATH, found none")
        print(f"Building LocalStack's core in {folder} (once; two minutes, half a gigabyte)")
        shutil.rmtree(folder, ignore_errors=True)
        for name, packages in (("core", CORE), ("runtime", RUNTIME)):
            _run([python, "-m", "venv", str(folder / name)])
            pip = [str(folder / name / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
            # --uploaded-prior-to came with pip 26.
            _run([*pip, "pip==26.2"])
            _run([*pip, *([f"--uploaded-prior-to={RELEASED}"] if name == "core" else []), *packages])
        package, _, version = KINESIS.partition("@")
        prefix = folder / "root/var/lib/localstack/lib" / package / version
        prefix.mkdir(parents=True)
        _run(["npm", "install", "--silent", "--prefix", str(prefix), KINESIS])
        stamp.write_text(wanted)


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise VerificationError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
