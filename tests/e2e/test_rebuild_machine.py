"""The state machine of a rebuild, run for real: deployed functions, archive, stream, and clients that go on."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from typer.testing import CliRunner

from millstream.application.replay.plan import Choices
from millstream.application.replay.progress import silently
from millstream_tools.cli.commands import app
from millstream_tools.ops import rebuild_execution, replays
from millstream_tools.ops.rebuild_execution import MapRun, RebuildFailedError
from millstream_tools.ops.stack import Stack as Opened
from millstream_tools.ops.stack import local_stack
from tests.builders import POISON
from tests.e2e.clean_run import assert_exactly_once, views_of
from tests.e2e.stack import Stack, event
from tests.integration.local_cloud.waiting import eventually

pytestmark = pytest.mark.cloud


@pytest.fixture
def opened(stack: Stack) -> Opened:
    """The stack as command-line work sees it, with something in its log, archived and not yet."""
    for number in range(30):
        user = f"rebuilt-{number % 10}"
        stack.accept(user, event("lamp", f"{number}"), event("vase", f"{number}-cart", "ItemAddedToCart"))
        stack.accept(user, event("lamp", f"{number}"))  # the client sends it again
    stack.stream.put("poison", [POISON])
    stack.entered += 1
    stack.drain()
    return local_stack(stack.cloud.deployment)


def run(opened: Opened, **wanted: Any) -> tuple[dict[str, Any], list[list[MapRun]]]:
    """An execution to its end: what it came to, and what was seen of it."""
    seen: list[list[MapRun]] = []
    execution = rebuild_execution.start(opened, **wanted)
    came_to = rebuild_execution.follow(opened, execution, seen.append, lambda: time.sleep(0.1))
    return came_to, seen


def test_the_machine_gives_the_same_bytes(stack: Stack, opened: Opened) -> None:
    """And what it gives is what the log says, row by row."""
    before = views_of(stack.cloud)
    serving = stack.stores.views().serving()
    came_to, seen = run(opened, choices=Choices(partitions=3))
    after = views_of(stack.cloud)
    assert (came_to["replaced"], came_to["view"], stack.stores.views().serving()) == (serving, serving + 1, serving + 1)
    assert {user: row.data for user, row in after.users.items()} == {u: row.data for u, row in before.users.items()}
    assert {shard: row.data for shard, row in after.trends.items()} == {s: r.data for s, r in before.trends.items()}
    assert came_to["rows"] == len(after.users)
    assert came_to["tally"]["dead"] >= 1
    assert [(map_run.state, map_run.done) for map_run in seen[-1]][1:] == [
        ("FoldUsers", 3),
        ("FoldTrends", len(after.trends)),
        ("CheckView", 3),
    ]
    found = replays.verify(opened, silently)
    assert found.equal
    assert found.live == came_to["digest"]
    assert_exactly_once(stack)


def test_clients_go_on_meanwhile_and_lose_nothing(stack: Stack, opened: Opened) -> None:
    """Events enter the log through the whole of it, and none is in one view only."""
    execution = rebuild_execution.start(opened, choices=Choices(partitions=2))
    sent = 0

    def some_more() -> None:
        nonlocal sent
        for _ in range(5):  # however seldom a busy machine looks at the execution
            sent += 1
            stack.accept(f"meanwhile-{sent % 7}", event("desk", f"meanwhile-{sent}"))

    came_to = rebuild_execution.follow(opened, execution, lambda _: None, some_more)
    assert sent > 10
    assert came_to["view"] == stack.stores.views().serving()
    stack.drain()
    assert replays.verify(opened, silently).equal
    assert_exactly_once(stack)


def test_an_execution_that_was_stopped_is_gone_on_with(stack: Stack, opened: Opened) -> None:
    """Under the name of its workspace; the old view serves until then."""
    serving = stack.stores.views().serving()
    execution = rebuild_execution.start(opened, choices=Choices(partitions=2))
    states = opened.client("stepfunctions")
    eventually(lambda: "FoldUsers" in [map_run.state for map_run in rebuild_execution.map_runs(states, execution)])
    states.stop_execution(executionArn=execution)
    with pytest.raises(RebuildFailedError, match="ended as ABORTED") as failed:
        rebuild_execution.follow(opened, execution, lambda _: None)
    name = execution.rpartition(":")[2]
    assert f"millstream rebuild --on-aws --resume {name}" in str(failed.value)
    assert stack.stores.views().serving() == serving
    stack.accept("late", event("lamp", "late"))
    stack.drain()
    came_to, _ = run(opened, workspace=name)
    assert came_to["view"] == stack.stores.views().serving() == serving + 1
    assert replays.verify(opened, silently).equal
    assert_exactly_once(stack)


def test_the_command_line_starts_and_follows_it(stack: Stack, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """For machines as JSON, for people in a few lines."""
    monkeypatch.setattr("millstream_tools.cli.rebuild.open_stack", lambda _: opened)
    serving = stack.stores.views().serving()
    for_machines = CliRunner().invoke(app, ["rebuild", "--on-aws", "--partitions", "1", "--json"])
    assert for_machines.exit_code == 0, for_machines.output
    assert json.loads(for_machines.stdout)["view"] == serving + 1
    for_people = CliRunner().invoke(app, ["rebuild", "--on-aws"])
    assert for_people.exit_code == 0, for_people.output
    assert f"View {serving + 2} serves:" in for_people.stdout
    assert f"millstream views drop {serving + 1}" in for_people.stdout
    refused = CliRunner().invoke(app, ["rebuild", "--on-aws", "--resume", "no such rebuild"])
    assert refused.exit_code == 1
    assert "expected 1 to 80 letters" in refused.stderr
    assert CliRunner().invoke(app, ["rebuild", "--resume", "x"]).exit_code == 2
    assert replays.verify(opened, silently).equal
