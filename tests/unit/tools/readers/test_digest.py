"""The digest of the data that a figure was measured on."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from millstream_tools.readers.digest import sha256_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files, one of them deeper."""
    folder = tmp_path / "clicks"
    (folder / "more").mkdir(parents=True)
    (folder / "b.txt").write_text("2")
    (folder / "a.txt").write_text("1")
    (folder / "more" / "a.txt").write_text("3")
    return folder


def test_the_digest_of_a_file_is_that_of_its_bytes(folder: Path) -> None:
    """As published checksums are."""
    assert sha256_of(folder / "a.txt") == hashlib.sha256(b"1").hexdigest()


def test_the_digest_of_a_folder_can_be_made_without_us(folder: Path) -> None:
    """With the usual command over the usual list."""
    listed = subprocess.run(
        ["sha256sum", "a.txt", "b.txt", "more/a.txt"], cwd=folder, stdout=subprocess.PIPE, check=True
    )
    assert sha256_of(folder) == hashlib.sha256(listed.stdout).hexdigest()


def test_the_digest_of_a_folder_is_of_names_and_contents_not_of_its_place(folder: Path) -> None:
    """A moved folder is the same data, a renamed file is not: it may say what its rows are."""
    before = sha256_of(folder)
    moved = folder.rename(folder.with_name("moved"))
    assert sha256_of(moved) == before
    (moved / "more" / "a.txt").rename(moved / "more" / "c.txt")
    renamed = sha256_of(moved)
    (moved / "more" / "c.txt").write_text("4")
    assert len({before, renamed, sha256_of(moved)}) == 3
