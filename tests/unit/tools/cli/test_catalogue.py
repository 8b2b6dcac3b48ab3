"""`millstream catalogue import` on the command line, with an API in memory behind it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from millstream_tools.cli import catalogue
from millstream_tools.cli.commands import app
from millstream_tools.ops.client import ApiError

BARE = "itemId,name\nmug-1,Blue mug\n"
WHOLE = "itemId,name,category,price,description,available,attributes\nmug-1,Blue mug,Cups,9.5,Deep,no,\n"


class Api:
    """What the command calls."""

    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = []
        self.works = True

    def put_items(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        """See MillstreamApi."""
        if not self.works:
            raise ApiError(503, "try again later")
        self.published += items
        return {}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    """The API that the command opens."""
    made = Api()
    monkeypatch.setattr(catalogue, "open_api", lambda *_: made)
    return made


def written(path: Path, content: str) -> str:
    path.write_text(content)
    return str(path)


def test_what_a_file_does_not_set_is_named_before_anything_is_published(api: Api, tmp_path: Path) -> None:
    """Published items lose it, and are available again."""
    api.works = False
    refused = CliRunner().invoke(app, ["catalogue", "import", written(tmp_path / "a.csv", BARE)])
    assert refused.exit_code == 1
    warned, failed = refused.stderr.splitlines()
    assert "Not set by a.csv: category, price, description, available, attributes; " in warned
    assert warned.endswith("available again.")
    assert "503" in failed


def test_files_that_lack_the_same_are_named_in_one_line(api: Api, tmp_path: Path) -> None:
    """Before the first is published; a file that cannot be read stops them all."""
    for name in ("a.csv", "b.csv"):
        written(tmp_path / name, BARE)
    done = CliRunner().invoke(app, ["catalogue", "import", str(tmp_path)])
    assert ("Not set by a.csv and 1 more: " in done.stderr, done.stderr.count("\n")) == (True, 1)
    assert len(api.published) == 2
    written(tmp_path / "c.csv", "sku\nmug-2\n")
    refused = CliRunner().invoke(app, ["catalogue", "import", str(tmp_path)])
    assert (refused.exit_code, "c.csv: expected a column itemId" in refused.stderr) == (1, True)
    assert len(api.published) == 2


def test_programs_get_what_a_file_does_not_set(api: Api, tmp_path: Path) -> None:
    """In their JSON; a column that is named for a field sets it."""
    bare = ["catalogue", "import", written(tmp_path / "a.csv", BARE), "--json", "--description", "name"]
    (file,) = json.loads(CliRunner().invoke(app, bare).stdout)["files"]
    assert (file["unset"], len(api.published)) == (["category", "price", "available", "attributes"], 1)


def test_a_file_that_sets_everything_is_published_without_a_word_more(api: Api, tmp_path: Path) -> None:
    """There is nothing to lose."""
    done = CliRunner().invoke(app, ["catalogue", "import", written(tmp_path / "a.csv", WHOLE)])
    assert (done.stdout, done.stderr) == ("Published 1 item from a.csv.\n", "")
    assert api.published[0]["available"] is False
