"""What the state machine of a rebuild hands to its functions, and what it hears from them."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from functions.rebuild.fold_trends.app import ONE_PIECE_S
from functions.rebuild.switch_view.app import ONE_BATCH_S
from millstream.domain.errors import InvalidInputError, NotDoneError
from tests.unit.functions.lambda_events import CONTEXT
from tests.unit.millstream.application.replay.machine import Machine, busy_shop
from tests.unit.millstream.application.replay.shop import ShopInMemory

STEPS = {
    "plan_rebuild": "plan",
    "split_archive": "split_archive",
    "split_stream": "split_stream",
    "fold_users": "fold_users",
    "fold_trends": "fold_trends",
    "check_view": "check_view",
    "switch_view": "switch_view",
}
PATIENT = SimpleNamespace(**{**vars(CONTEXT), "get_remaining_time_in_millis": lambda: 900_000})
"""Lambda's context at the beginning of a call of fifteen minutes."""


@pytest.fixture
def shop() -> ShopInMemory:
    """A shop in which something has happened."""
    return busy_shop()


@pytest.fixture
def machine(shop: ShopInMemory, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The use cases behind the handlers."""
    machine = Machine(shop)
    for step, attribute in STEPS.items():
        made = getattr(machine, attribute)
        monkeypatch.setattr(import_module(f"functions.rebuild.{step}.app"), step, lambda made=made: made)
    return machine


def handle(step: str, **event: Any) -> dict[str, Any]:
    """What a handler answers."""
    answer: dict[str, Any] = import_module(f"functions.rebuild.{step}.app").handler(event, PATIENT)
    return answer


@pytest.mark.usefixtures("machine")
def test_the_states_lead_from_one_to_the_next(shop: ShopInMemory) -> None:
    """Each is handed what the one before it answered: a name and numbers."""
    planned = handle("plan_rebuild", execution="e-1", input={"partitions": 2})
    assert planned == {"workspace": "e-1", "slices": planned["slices"], "partitions": 2, "serving": 1}
    split = [handle("split_archive", workspace="e-1", slice=number) for number in range(planned["slices"])]
    assert sum(piece["dead"] for piece in split) == 1
    begun = handle("split_stream", workspace="e-1")
    assert begun["view"] == 2
    rows = sum(handle("fold_users", workspace="e-1", partition=number)["rows"] for number in range(2))
    assert [handle("fold_trends", workspace="e-1", shard=shard) for shard in begun["shards"]] == [
        {"done": True} for _ in begun["shards"]
    ]
    assert sum(handle("check_view", workspace="e-1", segment=number)["rows"] for number in range(2)) == rows
    switched = handle("switch_view", workspace="e-1")
    assert (switched["done"], switched["view"], switched["replaced"], switched["rows"]) == (True, 2, 1, rows)
    assert shop.verify().equal


@pytest.mark.filterwarnings("ignore:No application metrics")
@pytest.mark.parametrize(("step", "kept_back_s"), [("fold_trends", ONE_PIECE_S), ("switch_view", ONE_BATCH_S)])
def test_a_step_whose_time_is_over_asks_for_another_turn(
    monkeypatch: pytest.MonkeyPatch, step: str, kept_back_s: int
) -> None:
    """It is told of less time than Lambda leaves: what it has begun must end within it."""
    left: list[float] = []

    def never_done(*arguments: Any) -> None:
        left.append(arguments[-1].left_s())
        raise NotDoneError("more to do")

    monkeypatch.setattr(import_module(f"functions.rebuild.{step}.app"), step, lambda: never_done)
    assert handle(step, workspace="e-1", shard="shard") == {"done": False}
    assert left[0] < 900 - kept_back_s


@pytest.mark.filterwarnings("ignore:No application metrics")
@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    ("step", "event", "field"),
    [
        ("plan_rebuild", {"execution": "e-1", "input": {"workspace": 7}}, "workspace"),
        ("plan_rebuild", {"execution": "e-1", "input": {"partitions": "many"}}, "partitions"),
        ("split_archive", {"slice": 0}, "workspace"),
        ("split_archive", {"workspace": "e-1"}, "slice"),
        ("fold_users", {"workspace": "e-1", "partition": True}, "partition"),
        ("fold_trends", {"workspace": "e-1", "shard": ""}, "shard"),
        ("check_view", {"workspace": "e-1", "segment": -1}, "segment"),
        ("switch_view", {"workspace": None}, "workspace"),
    ],
)
def test_a_field_that_is_missing_or_wrong_is_named(step: str, event: dict[str, Any], field: str) -> None:
    """The machine, or who started it with an input, hears which one."""
    with pytest.raises(InvalidInputError, match=f"^{field}: expected"):
        handle(step, **event)


@pytest.mark.usefixtures("machine")
def test_the_input_may_name_the_rebuild_to_go_on_with() -> None:
    """Otherwise it is known by its execution."""
    assert handle("plan_rebuild", execution="e-2", input={"workspace": "e-1"})["workspace"] == "e-1"
    assert handle("plan_rebuild", execution="e-2", input={})["workspace"] == "e-2"
