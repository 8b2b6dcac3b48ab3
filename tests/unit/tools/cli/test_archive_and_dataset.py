"""`millstream archive` and `millstream dataset` over an archive in memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from millstream.adapters.memory import MemoryArchive
from millstream_tools.cli import archive, dataset
from millstream_tools.cli.commands import app
from tests.builders import POISON, SHARD, event, log, record

DAY, NEXT_DAY = "2026-11-22", "2026-11-23"
RECORDS = log(
    record("ann", event("lamp", event_id="e1")), POISON, record("bob", event("rug", event_id="e2")), first=2**185
)
LAST = f"{SHARD}:{2**185 + 2}"


class Stack:
    """What the commands reach."""

    name = "shop"

    def __init__(self) -> None:
        self.memory = MemoryArchive()

    def archive(self) -> MemoryArchive:
        return self.memory

    def log_reader(self) -> None:
        """A stream that holds nothing."""


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stack:
    stack = Stack()
    for commands in (archive, dataset):
        monkeypatch.setattr(commands, "open_stack", lambda name: stack)
    monkeypatch.setattr(archive, "PARQUET_FOLDER", tmp_path / "parquet")
    return stack


@pytest.fixture
def filled(stack: Stack) -> Stack:
    stack.memory.store(RECORDS[:2], DAY)
    stack.memory.store(RECORDS[2:], NEXT_DAY)
    return stack


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_list_says_days_shards_and_whole_sequence_numbers(filled: Stack) -> None:
    """In lines that can be copied, however narrow the terminal."""
    told = run("archive", "list").stdout.splitlines()
    assert [line.split()[:3] for line in told] == [
        ["day", "shard", "objects"],
        [DAY, SHARD, "1"],
        [NEXT_DAY, SHARD, "1"],
    ]
    assert told[1].endswith(f"  {2**185}-{2**185 + 1}")


def test_an_empty_archive_is_no_error_to_list_and_one_to_compact(stack: Stack) -> None:
    """There is nothing to make a file of."""
    assert run("archive", "list").stdout == "The archive is empty.\n"
    refused = run("archive", "compact")
    assert refused.exit_code == 1
    assert "empty" in refused.stderr


def test_compact_prints_written_files_and_unreadable_records(filled: Stack, tmp_path: Path) -> None:
    """Into a folder of the stack's name; again, and there is nothing to do."""
    done = run("archive", "compact")
    folder = tmp_path / "parquet" / "shop"
    assert f"day={DAY}/{SHARD}.parquet: 2 records, 1 rows" in done.stdout
    assert f"2 rows; files written: 2, unchanged: 0, in {folder}" in done.stdout
    assert f"{SHARD}:{2**185 + 1}  record: expected" in done.stderr
    assert (folder / f"day={NEXT_DAY}" / f"{SHARD}.parquet").is_file()
    assert "files written: 0, unchanged: 2" in run("archive", "compact").stdout


def test_one_day_is_compacted_into_a_folder_of_choice(filled: Stack, tmp_path: Path) -> None:
    """A day that is not in the archive and an invalid day are refused."""
    into = tmp_path / "mine"
    assert run("archive", "compact", "--into", into, "--day", NEXT_DAY).exit_code == 0
    assert [path.name for path in into.iterdir()] == [f"day={NEXT_DAY}"]
    refused = run("archive", "compact", "--day", "2020-01-01")
    assert refused.exit_code == 1
    assert "2020-01-01" in refused.stderr
    assert run("archive", "compact", "--day", "today").exit_code == 2


def test_a_folder_and_the_bucket_at_once_are_refused(filled: Stack, tmp_path: Path) -> None:
    """One place at a time."""
    refused = run("archive", "compact", "--into", tmp_path, "--to-bucket")
    assert refused.exit_code == 2
    assert "expected --into or --to-bucket, got both" in refused.stderr


def test_files_of_another_archive_are_mentioned(filled: Stack, tmp_path: Path) -> None:
    """They are left alone."""
    stray = tmp_path / "parquet" / "shop" / "day=2020-01-01" / "history.parquet"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"")
    assert ": 1: day=2020-01-01/history.parquet" in run("archive", "compact").stderr
    assert stray.exists()


def test_a_set_is_built_once(filled: Stack, tmp_path: Path) -> None:
    """The output names the folder, the counts, the last positions and the number of unreadable records."""
    done = run("dataset", "build", "--until", LAST, "--into", tmp_path)
    (folder,) = tmp_path.iterdir()
    assert done.stdout.splitlines() == [
        str(folder),
        "  events: 2, users: 2, items: 2",
        "  records read: 3, unreadable: 1",
        f"  up to {SHARD}:{2**185 + 2}",
    ]
    assert run("dataset", "build", "--until", LAST, "--into", tmp_path).stdout == done.stdout
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize(
    ("until", "complaint"), [("tomorrow", "--until: expected a position"), (f"{SHARD}:1", f"{SHARD}:1")]
)
def test_an_invalid_moment_is_refused_in_one_line(filled: Stack, tmp_path: Path, until: str, complaint: str) -> None:
    """Nothing is written."""
    refused = run("dataset", "build", "--until", until, "--into", tmp_path)
    assert refused.exit_code == 1
    assert complaint in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
