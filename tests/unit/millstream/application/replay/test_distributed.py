"""The steps of a rebuild as calls of their own: the same bytes, in any number of turns, whatever is called twice."""

from __future__ import annotations

from contextlib import suppress

import pytest

from millstream.application.ports import UNHURRIED
from millstream.application.replay.distributed import PARTITIONS, SLICES
from millstream.application.replay.plan import LONGEST_MS, NAME, Choices
from millstream.domain.errors import ConflictError, InvalidInputError, NotDoneError, NotFoundError
from tests.builders import NOW_MS, subject, views
from tests.unit.millstream.application.replay.machine import Machine, busy_shop
from tests.unit.millstream.application.replay.shop import ShopInMemory


class Turns:
    """A budget that is over each time that somebody asks, or after so many questions."""

    def __init__(self, questions: int = 0) -> None:
        self.questions = questions

    def left_s(self) -> float:
        """See Budget."""
        self.questions -= 1
        return float(self.questions >= 0)


@pytest.fixture
def shop() -> ShopInMemory:
    """A shop in which something has happened."""
    return busy_shop()


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("partitions", [1, 3])
def test_it_gives_what_a_rebuild_in_one_process_gives(shop: ShopInMemory, partitions: int, times: int) -> None:
    """Rows, trends, digest and tally; each call may come twice."""
    other = ShopInMemory(log=shop.log, archive=shop.archive)
    alone = other.rebuild()
    switched = Machine(shop)(partitions=partitions, times=times)
    assert (shop.rows(), shop.trends()) == (other.rows(), other.trends())
    assert (switched.view, switched.replaced, switched.digest) == (2, 1, alone.digest)
    assert (switched.rows, switched.tally) == (alone.rows, alone.tally)
    assert shop.verify().live == switched.digest


def test_events_that_arrive_between_the_steps_are_in_the_new_view(shop: ShopInMemory) -> None:
    """Behind what was read of the stream."""
    machine = Machine(shop)
    machine.until_switch()
    shop.happens("bob", *views("late"))
    shop.happens("new", *views("late"))
    shop.run_projector()
    shop.happens("new", *views("not projected yet", start_ms=NOW_MS + 1))
    machine.switch_view("one", UNHURRIED)
    assert shop.state("new").applied == 2
    shop.run_projector()
    assert shop.verify().equal


def test_a_trend_is_folded_in_as_many_turns_as_it_takes(shop: ShopInMemory) -> None:
    """A piece a turn, and not the same piece again and again."""
    in_one = ShopInMemory(log=shop.log, archive=shop.archive)
    in_one.rebuild()
    machine = Machine(shop)
    machine.plan("one", Choices(2))
    begun = machine.split_stream("one")
    for number in range(2):
        machine.fold_users("one", number, UNHURRIED)
    turns = [machine.in_turns("one", shard, Turns()) for shard in begun.shards]
    assert max(turns) > 1
    assert {shard: row.data for shard, row in shop.views.stores[2].trends.items()} == in_one.trends()


def test_a_view_catches_up_in_as_many_turns_as_it_takes(shop: ShopInMemory) -> None:
    """A batch a turn, and from where the one before it stopped."""
    machine = Machine(shop)
    machine.until_switch()
    for number in range(3000):
        shop.happens(f"user-{number % 9}", *views(f"item-{number}"))
    shop.run_projector()
    turns = 0
    while shop.views.serving() == 1:
        turns += 1
        with suppress(NotDoneError):
            machine.switch_view("one", Turns(2))
        assert turns < 20
    assert turns > 2
    assert shop.verify().equal


def test_the_numbers_to_map_over_are_left_in_the_workspace(shop: ShopInMemory) -> None:
    """One for each call."""
    machine = Machine(shop)
    plan = machine.plan("one", Choices(2))
    assert machine.workspaces["one"].get(PARTITIONS) == b'[{"number": 0}, {"number": 1}]'
    assert machine.workspaces["one"].get(SLICES).count(b"number") == len(plan.slices)


def test_a_rebuild_that_failed_is_gone_on_with_by_its_name(shop: ShopInMemory) -> None:
    """It keeps its plan and its number, whatever has happened since."""
    machine = Machine(shop)
    machine.until_switch()
    shop.happens("new", *views("late"))
    shop.run()
    assert machine(partitions=None).view == 2
    assert len(machine.workspaces["one"].names("folded/part-")) == 3
    assert shop.verify().equal


def test_two_rebuilds_do_not_mix(shop: ShopInMemory) -> None:
    """Each has a number of its own; who comes second finds that the view which it replaces serves no longer."""
    machine = Machine(shop)
    machine.until_switch("one")
    machine.until_switch("two")
    machine.switch_view("two", UNHURRIED)
    with pytest.raises(ConflictError):
        machine.switch_view("one", UNHURRIED)
    assert shop.views.serving() == 3
    assert shop.verify().equal


def test_rows_that_are_not_what_was_folded_do_not_serve(shop: ShopInMemory) -> None:
    """A row is lost before it is read back."""
    machine = Machine(shop)
    machine.plan("one", Choices(1))
    machine.split_stream("one")
    machine.fold_users("one", 0, UNHURRIED)
    del shop.views.stores[2].users[subject("bob")]
    machine.check_view("one", 0)
    for shard in shop.trends():
        machine.fold_trends("one", shard, UNHURRIED)
    with pytest.raises(ConflictError, match="view 2 holds .* was folded"):
        machine.switch_view("one", UNHURRIED)
    assert shop.views.serving() == 1


def test_code_that_changed_meanwhile_does_not_go_on(shop: ShopInMemory) -> None:
    """Half of the users by one fold, half by another."""
    machine = Machine(shop)
    machine.plan("one", Choices(2))
    machine.split_stream("one")
    changed = Machine(shop, code="other", workspaces=machine.workspaces)
    with pytest.raises(ConflictError, match="started by"):
        changed.fold_users("one", 0, UNHURRIED)


@pytest.mark.parametrize("name", ["", "a/b", "x" * 81, "ünder"])
def test_a_name_that_is_no_name_is_refused(shop: ShopInMemory, name: str) -> None:
    """It becomes a part of keys."""
    with pytest.raises(InvalidInputError, match="workspace"):
        Machine(shop).plan(name)


def test_an_old_rebuild_is_refused(shop: ShopInMemory) -> None:
    """Its plan by its age; what is left of it when the plan has expired, by what is left."""
    machine = Machine(shop)
    machine.plan("one")
    machine.split_archive("one", 0)
    machine.now_ms += LONGEST_MS + 1
    with pytest.raises(ConflictError, match="began 5 days ago"):
        machine.plan("one")
    del machine.workspaces["one"].kept[NAME]
    with pytest.raises(ConflictError, match="holds remains"):
        machine.plan("one")


def test_a_step_of_a_rebuild_that_nobody_planned_finds_nothing(shop: ShopInMemory) -> None:
    """And not an empty log."""
    machine = Machine(shop)
    with pytest.raises(NotFoundError):
        machine.split_archive("one", 0)
    with pytest.raises(NotFoundError):
        machine.split_stream("one")
    with pytest.raises(NotFoundError):
        machine.fold_users("one", 0, UNHURRIED)
