"""Folders of one process, also of one that was killed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from millstream_tools.scratch import YOUNG_S, remove_abandoned, scratch_folder

KILLED = """
import os, signal
from millstream_tools.scratch import scratch_folder
with scratch_folder("import") as folder:
    (folder / "run-0").write_bytes(b"rows")
    print(folder.parent, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder for temporary files of this test's own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def test_the_folder_of_a_killed_process_is_removed_by_the_next_one(tmp_path: Path) -> None:
    """Once it is not young; one that is in use, and the folders of others, stay."""
    ended = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, check=False)
    left = Path(ended.stdout.strip())
    assert (ended.returncode, (left / "data" / "run-0").read_bytes()) == (-9, b"rows")
    (tmp_path / "millstream-of-others").mkdir()
    with scratch_folder("import") as used:
        assert left.exists()
        before = left.stat().st_mtime - 2 * YOUNG_S
        for folder in (left, used.parent):
            os.utime(folder, (before, before))
        remove_abandoned()
        assert (left.exists(), used.exists()) == (False, True)
    assert [path.name for path in tmp_path.iterdir()] == ["millstream-of-others"]
