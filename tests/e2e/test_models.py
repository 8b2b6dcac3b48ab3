"""`millstream models` on a deployed stack: what is promoted answers customers, what is rolled back does no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from millstream_tools.cli import models
from millstream_tools.cli.commands import app
from tests.e2e.conftest import Setting
from tests.e2e.models import AFTER_THE_LAMP
from tests.e2e.stack import Stack, event
from tests.integration.local_cloud.waiting import eventually

pytestmark = pytest.mark.cloud

Command = Callable[..., str]


@pytest.fixture
def millstream(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command line, for this stack; the output of a command that succeeds."""
    monkeypatch.setattr(models, "open_stack", lambda _: setting.stack.stores)

    def said(*arguments: str) -> str:
        done = CliRunner().invoke(app, ["models", *arguments])
        assert done.exit_code == 0, done.output
        return done.stdout

    return said


def answered(stack: Stack, user: str) -> tuple[str, str]:
    """By which model a customer's first item comes, and which item that is."""
    answer = stack.http("GET", f"/recommendations/{user}?n=1")
    assert answer.status == 200, answer
    return answer.body["provenance"]["modelVersion"], answer.body["itemList"][0]["itemId"]


def test_customers_see_a_promotion_and_its_rollback(setting: Setting, millstream: Command) -> None:
    """The same customer is answered by the first model, by the promoted one, and by the first one again."""
    stack, (at_first, later) = setting.stack, zip((setting.champion, setting.challenger), AFTER_THE_LAMP, strict=True)
    position = stack.accept("watches-models", event("lamp", "watches-models-1"))
    eventually(lambda: not stack.http("GET", f"/recommendations/watches-models?min_position={position}").body["stale"])
    eventually(lambda: answered(stack, "watches-models") == at_first)
    assert f"in place of {setting.champion}" in millstream("promote", setting.challenger)
    eventually(lambda: answered(stack, "watches-models") == later)
    assert millstream("rollback") == f"{setting.champion} serves again, in place of {setting.challenger}.\n"
    eventually(lambda: answered(stack, "watches-models") == at_first)


def test_what_was_published_is_listed_and_shown(setting: Setting, millstream: Command, tmp_path: Path) -> None:
    """As its folder says it, which comes back from the store; published again, nothing changes."""
    listed = {one["version"]: one["champion"] for one in json.loads(millstream("list", "--json"))}
    assert listed == {setting.champion: True, setting.challenger: False}
    folder = setting.models.fetch(setting.challenger, tmp_path)
    shown = json.loads(millstream("show", setting.challenger, "--json"))
    assert shown["card"] == json.loads((folder / "card.json").read_text())
    assert "is already published" in millstream("publish", str(folder))
