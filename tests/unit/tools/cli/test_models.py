"""`millstream models` over a registry in memory, with real model folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from millstream.adapters.memory import FixedClock, MemoryModelStore
from millstream.application.models import promote_model
from millstream.domain.models.cards import Cost
from millstream.learning.export.folder import Exported
from millstream.scoring.stored_models import check_stored
from millstream_tools.cli import models
from millstream_tools.cli.commands import app
from tests.builders import NOW_MS
from tests.unit.millstream.learning.histories import export, fit, log_of

METRICS = {"time split": {"HR@10": 0.25, "NDCG@10": 0.125, "coverage": 0.5}}


class Stack:
    """What the commands reach."""

    def __init__(self, root: Path) -> None:
        self.store = MemoryModelStore(root)

    def models(self) -> MemoryModelStore:
        """See millstream_tools.ops.stack."""
        return self.store


@pytest.fixture
def clock() -> FixedClock:
    """The clock of the commands."""
    return FixedClock(NOW_MS)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: FixedClock) -> Stack:
    """A stack without models."""
    stack = Stack(tmp_path / "store")
    monkeypatch.setattr(models, "open_stack", lambda _: stack)
    monkeypatch.setattr(models, "SystemClock", lambda: clock)
    return stack


@pytest.fixture
def first(tmp_path: Path) -> Exported:
    """A measured model."""
    return made(tmp_path / "first", "b", NOW_MS - 2_000)


@pytest.fixture
def second(tmp_path: Path) -> Exported:
    """A later one."""
    return made(tmp_path / "second", "c", NOW_MS - 1_000)


def made(folder: Path, follower: str, created_at_ms: int) -> Exported:
    """A model of which item follows a."""
    log = log_of({f"user {number}": ["a", follower, "b", "c"] for number in range(3)})
    return export(fit(log), folder, created_at_ms=created_at_ms, metrics=METRICS, cost=Cost(3.5, 6.25))


def millstream(*arguments: str) -> Result:
    """Run one command to its end."""
    return CliRunner().invoke(app, ["models", *arguments])


def said(*arguments: str) -> str:
    """The output of a command that succeeds."""
    result = millstream(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*arguments: str) -> str:
    """The error output of a command that fails: one line."""
    result = millstream(*arguments)
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_without_models_the_list_says_so(stack: Stack) -> None:
    """With the command that publishes one; as JSON it is an empty list."""
    assert "`millstream models publish FOLDER`" in said("list")
    assert json.loads(said("list", "--json")) == []


def test_a_folder_is_published_once(stack: Stack, first: Exported, clock: FixedClock) -> None:
    """Publishing again changes nothing and says since when it is published; a published model does not serve yet."""
    assert f"`millstream models promote {first.version}`" in said("publish", str(first.folder))
    before = stack.store.models()
    clock.time_ms += 60_000
    assert f"{first.version} is already published, since 2026-11-22 00:00:00" in said("publish", str(first.folder))
    assert (stack.store.models(), stack.store.champion()) == (before, None)


def test_a_folder_may_be_named_from_within(stack: Stack, first: Exported, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error names the folder even then."""
    monkeypatch.chdir(first.folder)
    (first.folder / "model.data").write_bytes(b"tampered")
    assert refused("publish", ".").startswith("millstream: first/model.data: expected SHA-256 ")
    assert stack.store.models() == []


def test_an_invalid_folder_is_refused(stack: Stack, tmp_path: Path) -> None:
    """A missing folder, a file, an empty folder."""
    (tmp_path / "file").write_text("text")
    for name in ("nowhere", "file"):
        assert millstream("publish", str(tmp_path / name)).exit_code == 2
    (tmp_path / "empty").mkdir()
    assert "empty/SHA256SUMS: expected a file of a model folder" in refused("publish", str(tmp_path / "empty"))


def test_an_interrupted_publication_says_how_to_go_on(
    stack: Stack, first: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It exits with the usual status of Ctrl-C, and nothing is registered."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(stack.store, "publish", interrupt)
        result = millstream("publish", str(first.folder))
    assert result.exit_code == 130
    assert "interrupted" in result.stderr
    assert stack.store.models() == []
    assert "is published." in said("publish", str(first.folder))


def test_the_list_shows_what_serves_and_how_good_each_was(stack: Stack, first: Exported, second: Exported) -> None:
    """The newest first, the champion marked, the main metrics with their protocol."""
    for model in (first, second):
        said("publish", str(model.folder))
    said("promote", first.version)
    heading, *lines = said("list").splitlines()
    assert heading.split() == ["version", "algorithm", "made", "items", "metrics"]
    told = "covisitation 2026-11-21 23:59:{} 3 time split: HR@10 0.2500, NDCG@10 0.1250"
    assert [" ".join(line.split()) for line in lines] == [
        f"{second.version} {told.format(59)}",
        f"serves {first.version} {told.format(58)}",
    ]


def test_the_list_for_machines_holds_the_cards(stack: Stack, first: Exported, second: Exported) -> None:
    """With every metric, and which one serves."""
    for model in (first, second):
        said("publish", str(model.folder))
    said("promote", second.version)
    listed = json.loads(said("list", "--json"))
    assert [(one["version"], one["champion"]) for one in listed] == [(second.version, True), (first.version, False)]
    assert listed[0]["card"]["metrics"] == METRICS


def test_a_model_without_metrics_says_so(stack: Stack, tmp_path: Path) -> None:
    """In the list and alone."""
    bare = export(fit(log_of({"user": ["a", "b"]})), tmp_path / "bare", created_at_ms=0, cost=Cost(0, 0))
    said("publish", str(bare.folder))
    assert "not measured" in said("list")
    assert "metrics       not measured" in said("show", bare.version)


def test_a_model_that_never_served_says_so(stack: Stack, first: Exported) -> None:
    """No line is left out where there is nothing to tell."""
    said("publish", str(first.folder))
    assert "serving       no\n" in said("show", first.version)


def test_a_model_is_shown_with_its_card_its_lineage_and_when_it_served(
    stack: Stack, first: Exported, second: Exported, clock: FixedClock
) -> None:
    """For a person: every field of the card, the range of the log, the signature, each time it served."""
    for model in (first, second):
        said("publish", str(model.folder))
    for version in (first.version, second.version):
        said("promote", version)
        clock.time_ms += 60_000
    said("rollback")
    lines = said("show", first.version).splitlines()
    card = stack.store.model(first.version).card
    assert card.log is not None
    expected = [
        f"version       {first.version}",
        "serving       from 2026-11-22 00:00:00 to 2026-11-22 00:01:00",
        f"              from 2026-11-22 00:02:00 until now, after a rollback from {second.version}",
        "algorithm     covisitation",
        "made          2026-11-21 23:59:58, in 3.5 s, 6.2 s of CPU",
        "published     2026-11-22 00:00:00",
        f"digest        {first.digest}",
        f"training set  {card.training_set}",
        "log           3 records: 12 events of 3 users",
        "              history:1 to history:3",
        f"              SHA-256 {card.log.digest}",
        "seed          0",
        "items         3",
        "metrics       time split",
        "                HR@10     0.2500",
        "takes         tail: int64[tail]",
        "gives         items: int64[found]",
    ]
    assert [line for line in lines if line in expected] == expected
    assert {f"{name} {json.dumps(value)}" for name, value in card.knobs.items()} <= {
        " ".join(line.split()[-2:]) for line in lines
    }


def test_a_model_is_shown_to_machines(stack: Stack, first: Exported) -> None:
    """The card and the signature as they are in the folder, and every promotion that it was part of."""
    said("publish", str(first.folder))
    said("promote", first.version)
    shown = json.loads(said("show", first.version, "--json"))
    assert shown["card"] == json.loads((first.folder / "card.json").read_text())
    assert shown["signature"] == json.loads((first.folder / "signature.json").read_text())
    assert (shown["version"], shown["digest"], shown["champion"]) == (first.version, first.digest, True)
    (promotion,) = shown["promotions"]
    assert promotion == {
        "number": 1, "version": first.version, "replaced": None, "at_ms": NOW_MS, "rolled_back": False,
    }  # fmt: skip


@pytest.mark.parametrize("command", ["show", "promote"])
def test_an_unknown_version_is_named(stack: Stack, command: str) -> None:
    """Even if it looks like markup."""
    assert "[red]-9" in refused(command, "[red]-9")


def test_promoting_says_what_it_replaced_and_how_to_go_back(stack: Stack, first: Exported, second: Exported) -> None:
    """The first one, another one, the same one again."""
    for model in (first, second):
        said("publish", str(model.folder))
    assert said("promote", first.version).startswith(f"{first.version} serves.")
    replaced = said("promote", second.version)
    assert replaced.startswith(f"{second.version} serves, in place of {first.version}.")
    assert "`millstream models rollback`" in replaced
    assert said("promote", second.version).startswith(f"{second.version} already serves")


def test_a_rollback_says_what_serves_again(stack: Stack, first: Exported, second: Exported) -> None:
    """And where it ends."""
    for model in (first, second):
        said("publish", str(model.folder))
        said("promote", model.version)
    assert said("rollback") == f"{first.version} serves again, in place of {second.version}.\n"
    assert first.version in refused("rollback")
    assert stack.store.champion() == first.version


def test_without_a_champion_there_is_nothing_to_roll_back(stack: Stack) -> None:
    """That is an error."""
    assert "no model serves" in refused("rollback")


def test_a_concurrent_promotion_is_reported(
    stack: Stack, first: Exported, second: Exported, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model of the other promotion serves."""
    for model in (first, second):
        said("publish", str(model.folder))
    seen = stack.store.promotions()
    promote_model(stack.store, clock, check_stored, first.version)
    monkeypatch.setattr(stack.store, "promotions", lambda: seen)
    refused("promote", second.version)
    assert stack.store.champion() == first.version
