"""What must be true of the state machine of a rebuild; otherwise only running it would tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from millstream.application.replay import distributed
from millstream.wiring.adapters import REBUILDS
from millstream_tools.cloud.local.template import Template
from tests.infra.cloudformation import REBUILD, STEPS_OF_A_REBUILD, functions, rebuild_states, references, resources

MACHINE = rebuild_states()


def machines(states: dict[str, Any] = MACHINE) -> Iterator[dict[str, Any]]:
    """The machine, and those inside its maps."""
    yield states
    for state in states["States"].values():
        if "ItemProcessor" in state:
            yield from machines(state["ItemProcessor"])


def states(*kinds: str) -> dict[str, dict[str, Any]]:
    """Every state of these types, at any depth, by name."""
    return {
        name: state for machine in machines() for name, state in machine["States"].items() if state["Type"] in kinds
    }


def next_of(state: dict[str, Any]) -> set[str]:
    """Where a state leads."""
    choices = {choice["Next"] for choice in state.get("Choices", ())}
    return choices | {state[name] for name in ("Next", "Default") if name in state}


@pytest.mark.parametrize("machine", list(machines()), ids=lambda machine: machine["StartAt"])
def test_every_state_is_there_and_is_reached(machine: dict[str, Any]) -> None:
    """AWS refuses a state that is missing; the local cloud finds out on its way."""
    reached, new = set(), {machine["StartAt"]}
    while new:
        assert new <= set(machine["States"])
        reached |= new
        new = {follower for name in new for follower in next_of(machine["States"][name])} - reached
    assert reached == set(machine["States"])
    ends = [state for state in machine["States"].values() if state.get("End") or state["Type"] == "Succeed"]
    assert len(ends) == 1
    assert all(
        bool(next_of(state)) != (state.get("End", False) or state["Type"] == "Succeed")
        for state in machine["States"].values()
    )


def test_the_states_are_the_steps_in_their_order() -> None:
    """State, function, folder and resource have one name."""
    assert tuple(name for name in MACHINE["States"] if name in STEPS_OF_A_REBUILD) == STEPS_OF_A_REBUILD
    for name in STEPS_OF_A_REBUILD:
        state = MACHINE["States"][name]
        called = (state, *state.get("ItemProcessor", {}).get("States", {}).values())
        assert [task["Parameters"]["FunctionName"] for task in called if task["Type"] == "Task"] == [f"${{{name}}}"]


def test_the_machine_is_told_of_each_function_and_may_call_it(template: Template) -> None:
    """Names that are not substituted would be called as they stand."""
    machine = resources(template, "AWS::Serverless::StateMachine")["Rebuild"]
    told = machine["DefinitionSubstitutions"]
    assert set(re.findall(r"\$\{(\w+)\}", REBUILD.read_text(encoding="utf-8"))) == set(told)
    assert {name: list(references(value)) for name, value in told.items()} == {name: [name] for name in told}
    statements = {str(s["Action"]): s for policy in machine["Policies"] for s in policy["Statement"]}
    assert set(references(statements["lambda:InvokeFunction"]["Resource"])) == set(STEPS_OF_A_REBUILD)
    assert set(STEPS_OF_A_REBUILD) < set(functions(template))
    itself = machine["Name"]["Fn::Sub"]
    assert statements["states:StartExecution"]["Resource"][0]["Fn::Sub"].endswith(f":stateMachine:{itself}")


def test_its_log_group_stands_before_it(template: Template) -> None:
    """As with functions: encrypted, and it forgets."""
    machine = resources(template, "AWS::Serverless::StateMachine")["Rebuild"]
    (destination,) = machine["Logging"]["Destinations"]
    assert list(references(destination)) == ["RebuildLog"]
    group = resources(template, "AWS::Logs::LogGroup")["RebuildLog"]
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert machine["Logging"]["Level"] == "ERROR"
    assert machine["Tracing"] == {"Enabled": True}


@pytest.mark.parametrize("name", states("Task"))
def test_every_call_is_made_again_with_jitter_unless_that_is_useless(name: str) -> None:
    """What fails together must not come back together. A conflict is one however often somebody asks."""
    useless, otherwise = states("Task")[name]["Retry"]
    of_the_archive = {"SplitSlice": ["UnreadableObjectError"], "SplitStream": ["LostRecordsError"]}
    expected = ["ConflictError", "InvalidInputError", *of_the_archive.get(name, ())]
    assert useless == {"ErrorEquals": expected, "MaxAttempts": 0}
    assert otherwise["ErrorEquals"] == ["States.TaskFailed", "States.Timeout"]
    assert otherwise["JitterStrategy"] == "FULL"
    assert otherwise["BackoffRate"] > 1
    assert otherwise["MaxAttempts"] >= 3


@pytest.mark.parametrize("name", [name for name, state in states("Map").items() if "ItemReader" in state])
def test_a_list_that_could_not_be_read_is_read_again(name: str) -> None:
    """Nothing was begun by then; what its items fail at is retried where it fails."""
    (retry,) = states("Map")[name]["Retry"]
    assert (retry["ErrorEquals"], retry["JitterStrategy"]) == (["States.ItemReaderFailed"], "FULL")


@pytest.mark.parametrize("name", states("Map"))
def test_a_map_has_executions_of_its_own_and_lets_none_of_them_fail(name: str) -> None:
    """A history holds 25,000 events, and a view without one partition is none."""
    state = states("Map")[name]
    assert state["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert state["ToleratedFailureCount"] == 0
    assert 0 < state["MaxConcurrency"] <= 200, "an account has 1,000, and the functions that people wait for need some"
    assert state["Label"] == name


@pytest.mark.parametrize("name", states("Map"))
def test_what_a_map_hands_on_does_not_grow_with_the_log(name: str) -> None:
    """A state hands on 256 KiB at most: results are left in the workspace, and empty objects come back."""
    state = states("Map")[name]
    assert state["ResultPath"] is None
    (end,) = [
        inner for inner in state["ItemProcessor"]["States"].values() if inner.get("End") or inner["Type"] == "Succeed"
    ]
    assert end["OutputPath"] is None


def test_the_maps_read_the_numbers_where_the_plan_leaves_them() -> None:
    """The machine spells the workspace's address out."""
    keys = {
        name: state["ItemReader"]["Parameters"]["Key.$"]
        for name, state in states("Map").items()
        if "ItemReader" in state
    }
    address = f"States.Format('{REBUILDS}{{}}/%s', $.workspace)"
    assert keys == {
        "SplitArchive": address % distributed.SLICES,
        "FoldUsers": address % distributed.PARTITIONS,
        "CheckView": address % distributed.PARTITIONS,
    }
