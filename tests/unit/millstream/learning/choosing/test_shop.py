"""The figures of a shop, on few events that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from millstream.learning.choosing.comparing import holm
from millstream.learning.choosing.cuts import BOUNDS, FEWEST_QUESTIONS, OF_ONE_USER, Cuts, sample
from millstream.learning.choosing.shop import measured
from millstream.learning.evaluation.leave_one_out import Part
from millstream.learning.road import learnable
from tests.unit.millstream.learning.choosing.shops import DAY_S, chains, shop

HOUR = 3_600.0


def test_repeats_are_counted_by_how_near_they_are() -> None:
    """At once, in the same session, and after a pause that ends a session."""
    found = measured(shop([(0, 1, 0.0), (0, 1, 60.0), (0, 2, 120.0), (0, 1, 180.0), (0, 2, 180.0 + HOUR), (1, 1, 5.0)]))
    assert (found.events, found.users, found.items, found.steps) == (6, 2, 2, 4)
    assert found.repeats == 3 / 4
    assert found.repeats_in_session == 2 / 4
    assert found.repeats_at_once == 1 / 4
    assert found.users_with_one_event == 1 / 2
    assert found.heaviest_user == 5 / 6


def test_what_is_new_in_the_last_fifth_is_counted() -> None:
    """Ten events: the last two are by a new user, one of them about a new item."""
    found = measured(shop([*((n, n % 2, DAY_S * n) for n in range(8)), (9, 1, DAY_S * 8), (9, 3, DAY_S * 9)]))
    assert found.new_items == 1 / 2
    assert found.new_users == 1.0
    assert found.days == 9.0


def test_no_events_have_no_figures_that_are_not_numbers() -> None:
    """Shares of nothing are 0."""
    empty = measured(shop([(0, 0, 0.0)]).select(shop([(0, 0, 0.0)]).at > 0))
    assert not any(np.isnan(value) for value in empty.plain().values() if isinstance(value, float))
    assert empty.events == 0


@pytest.mark.parametrize("part", BOUNDS)
def test_no_user_has_more_than_a_share_of_the_questions(part: Part) -> None:
    """However many events one sends."""
    heavy = [(0, n % 17, 120.0 * n) for n in range(3_000)]
    others = [(1 + n % 60, n % 13, 300.0 * n) for n in range(1_200)]
    questions = Cuts(learnable(shop(heavy + others))).split(part, "session").questions
    counts = [int((questions.user == user).sum()) for user in set(questions.user.tolist())]
    assert len(counts) > 1
    assert max(counts) <= max(10, OF_ONE_USER * 3_000)
    assert len(questions) >= FEWEST_QUESTIONS


@pytest.mark.parametrize("exclude", ["session", "purchased", "all", "none"])
def test_the_parts_have_the_same_questions_whatever_is_excluded(exclude: str) -> None:
    """So that outcomes can be paired; and each part is later than what its models are fitted on."""
    cuts = Cuts(learnable(chains()))
    for part in BOUNDS:
        one, other = cuts.split(part, "session"), cuts.split(part, exclude)  # type: ignore[arg-type]  # a word of it
        assert [ints.tolist() for ints in one.questions.targets] == [ints.tolist() for ints in other.questions.targets]
        assert all(len(history) for history in one.questions.histories)
    sizes = [len(cuts.split(part, "session").train) for part in BOUNDS]
    assert sizes == sorted(sizes)


def test_a_smaller_sample_of_questions_is_part_of_a_larger_one() -> None:
    """A rung of the search sees the questions of the one before again."""
    questions = Cuts(learnable(chains())).split("validation", "session").questions
    small, large = sample(questions, 20), sample(questions, 80)
    assert 10 <= small.sum() <= 20
    assert large[small].all()


def test_p_values_are_corrected_for_how_many_there_are() -> None:
    """The example of Holm's procedure: the smallest times three, then times two, and never below an earlier one."""
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
