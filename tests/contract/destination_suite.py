"""What every place for Parquet files must honour."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import pytest

from millstream_tools.ops.archive.destinations import Destination, growing_file

NAME = "day=2026-11-22/shardId-000000000000.parquet"


def put(destination: Destination, name: str, content: bytes) -> None:
    with growing_file(destination) as path:
        path.write_bytes(content)
        destination.put(name, path)
    assert not path.exists()


class DestinationSuite(ABC):
    """Give an empty destination; inherit the promises."""

    @pytest.fixture
    @abstractmethod
    def destination(self, tmp_path: Path) -> Destination:
        """An empty destination."""

    def test_what_was_put_is_read(self, destination: Destination) -> None:
        """Under its name, and nothing else."""
        assert destination.read(NAME) is None
        put(destination, NAME, b"content")
        assert destination.read(NAME) == b"content"
        assert destination.read("day=2026-11-22/other.parquet") is None

    def test_another_file_takes_its_place(self, destination: Destination) -> None:
        """A day that was compacted again."""
        put(destination, NAME, b"old")
        put(destination, NAME, b"new")
        assert destination.read(NAME) == b"new"

    def test_parquet_files_are_listed(self, destination: Destination) -> None:
        """Not the manifests beside them, nor files that are growing."""
        assert list(destination.names()) == []
        put(destination, NAME, b"content")
        put(destination, "day=2026-11-22/_shardId-000000000000.json", b"{}")
        with growing_file(destination) as path:
            path.write_bytes(b"half")
            assert list(destination.names()) == [NAME]

    def test_a_file_that_was_not_put_is_gone(self, destination: Destination) -> None:
        """Whatever ended the writing."""
        left: list[Path] = []

        def interrupted() -> None:
            with growing_file(destination) as path:
                left.append(path)
                path.write_bytes(b"half")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert not left[0].exists()
        assert list(destination.names()) == []
