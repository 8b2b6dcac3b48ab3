"""Runs a command line tool and keeps what it says."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.infra.cloudformation import ROOT


def run(
    *command: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, whatever its exit status."""
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)
