"""Each step on rows where a person sees what must go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from millstream.domain.errors import InvalidInputError
from millstream.learning.preparation import AccidentalClicks, DropDuplicates, KCore, Step, prepare
from millstream_tools.lab.experiments.source import Source
from tests.unit.tools.lab.made_up import interactions, rows_of


def kept(step: Step, *rows: tuple[str, str] | tuple[str, str, float]) -> list[int]:
    """The numbers of the rows that stay."""
    return [number for number, keep in enumerate(step.keeps(interactions(*rows))) if keep]


def test_the_first_of_equal_rows_stays() -> None:
    """Of a user with an item; or only of the very same moment, as where a shop sends twice."""
    rows = [("ann", "a", 1), ("bob", "a", 1), ("ann", "a", 1), ("ann", "b", 2), ("ann", "a", 3)]
    assert kept(DropDuplicates(), *rows) == [0, 1, 3]
    assert kept(DropDuplicates(same_time_only=True), *rows) == [0, 1, 3, 4]


def test_duplicates_are_found_without_times_too() -> None:
    """The order of the file says which came first."""
    assert kept(DropDuplicates(), ("ann", "a"), ("ann", "a")) == [0]


def test_dropping_a_rare_item_may_drop_its_user_and_so_on() -> None:
    """Item c is rare; without it Cy has one row; without Cy, b has one; without b, nobody has two."""
    chain = [("ann", "a"), ("ann", "b"), ("cy", "b"), ("cy", "c")]
    assert kept(KCore(2, 2), *chain) == []
    square = [("dan", "x"), ("dan", "y"), ("eve", "x"), ("eve", "y")]
    assert kept(KCore(2, 2), *chain, *square) == [4, 5, 6, 7]


def test_a_double_click_is_one_click() -> None:
    """Three seconds later is a reload, a minute later a return; another user's click is no repetition."""
    step = AccidentalClicks(repeat_s=5, dwell_s=0)
    rows = [("ann", "a", 0), ("ann", "a", 3), ("bob", "a", 4), ("ann", "a", 63), ("ann", "b", 64), ("ann", "a", 65)]
    assert kept(step, *rows) == [0, 2, 3, 4, 5]


def test_every_repetition_is_timed_from_the_one_before() -> None:
    """Four reloads, four seconds each: all are one visit."""
    assert kept(AccidentalClicks(5, 0), *(("ann", "a", 4 * number) for number in range(5))) == [0]


def test_the_limits_themselves_are_no_accident() -> None:
    """Five seconds later is a return, two seconds are a look; and going to the same page again is not leaving it."""
    assert kept(AccidentalClicks(5, 0), ("ann", "a", 0), ("ann", "a", 5)) == [0, 1]
    assert kept(AccidentalClicks(0, 2), ("ann", "a", 0), ("ann", "b", 2)) == [0, 1]
    assert kept(AccidentalClicks(0, 2), ("ann", "a", 0), ("ann", "a", 1)) == [0, 1]


def test_a_page_that_was_left_at_once_was_not_meant() -> None:
    """Item b was seen for a second. The last click stays: nobody knows how long it was looked at."""
    rows = [("ann", "a", 0), ("ann", "b", 10), ("ann", "c", 11), ("bob", "d", 11.5), ("ann", "e", 20)]
    assert kept(AccidentalClicks(repeat_s=0, dwell_s=2), *rows) == [0, 2, 3, 4]


def test_dwell_lasts_until_the_user_goes_elsewhere() -> None:
    """A reload after one second does not end the visit that goes on for a minute."""
    assert kept(AccidentalClicks(5, 2), ("ann", "a", 0), ("ann", "a", 1), ("ann", "b", 60)) == [0, 2]


def test_steps_are_counted_and_unused_labels_go() -> None:
    """What nobody touches any more is not ranked."""
    rows = [("ann", "a", 1), ("ann", "a", 2), ("ann", "b", 3), ("bob", "a", 4), ("bob", "b", 5), ("cy", "c", 6)]
    data, taken = prepare(interactions(*rows), [DropDuplicates(), KCore(2, 2)])
    assert rows_of(data) == [("ann", "a"), ("ann", "b"), ("bob", "a"), ("bob", "b")]
    assert (list(data.users), list(data.items)) == (["ann", "bob"], ["a", "b"])
    assert [str(step) for step in taken] == [
        "drop duplicates: kept 5 of 6 rows, 3 of 3 users, 3 of 3 items",
        "k-core: kept 4 of 5 rows, 2 of 3 users, 2 of 3 items",
    ]


def test_steps_that_leave_nothing_are_refused_with_the_counts() -> None:
    """Rather than a table of nothing."""
    with pytest.raises(InvalidInputError, match="k-core: kept 0 of 1 rows"):
        prepare(interactions(("ann", "a")), [KCore()])


@pytest.mark.parametrize(("field", "knobs"), [("repeat_s", (-1.0, 2.0)), ("dwell_s", (1.0, float("nan")))])
def test_times_that_are_none_are_refused(field: str, knobs: tuple[float, float]) -> None:
    """By the knob's name."""
    with pytest.raises(InvalidInputError) as refused:
        AccidentalClicks(*knobs)
    assert refused.value.field == field


def test_a_core_of_nothing_is_refused() -> None:
    """One row is the least that one can ask for."""
    with pytest.raises(InvalidInputError, match="item_rows: expected at least 1"):
        KCore(5, 0)


@pytest.mark.parametrize("step", [AccidentalClicks(), DropDuplicates(same_time_only=True)])
def test_rules_about_time_need_times(step: Step) -> None:
    """An order does not say how long."""
    with pytest.raises(InvalidInputError, match="rows with times"):
        step.keeps(interactions(("ann", "a")))


@pytest.mark.skipif("MILLSTREAM_DATA" not in os.environ, reason="needs MILLSTREAM_DATA with amazon-s3rec/Beauty.txt.gz")
def test_the_published_five_core_is_one() -> None:
    """Amazon Beauty was published as a 5-core: our step finds nothing to drop."""
    data = Source("sequences", "amazon-s3rec/Beauty.txt.gz").rows(Path(os.environ["MILLSTREAM_DATA"])).interactions
    assert len(prepare(data, [KCore(5, 5)])[0]) == 198_502
