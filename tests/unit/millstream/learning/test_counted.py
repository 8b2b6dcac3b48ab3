"""What follows what, by time and kind; and counted once for all models that count in the same way."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.domain.errors import InvalidInputError
from millstream.domain.log.kinds import EventKind
from millstream.learning.families import counted as counting_module
from millstream.learning.families.contract import Updatable
from millstream.learning.families.counted import MOST_KEPT, counted
from millstream.learning.families.counts import UNIT
from millstream.learning.families.covisitation import Covisitation, CovisitationKnobs
from millstream.learning.families.transitions import Counting, Transitions, transitions
from millstream.learning.interactions import Interactions

DAY_S = 86_400.0
PLAIN = Counting(reach=10, decay=0.7)
Row = tuple[int, str, float]


def rows(*events: Row, bought: tuple[int, ...] = ()) -> Interactions:
    """(user, item, time in seconds), in order of time; those at the places `bought` are purchases."""
    kind = np.full(len(events), int(EventKind.ItemViewed))
    kind[list(bought)] = int(EventKind.ItemPurchased)
    user, item, at = zip(*events, strict=True)
    codes = np.array(["abc".index(one) for one in item])
    return Interactions(np.array(user), codes, np.array(at, float), [str(n) for n in range(9)], list("abc"), kind)


def weights(data: Interactions, counting: Counting) -> dict[str, float]:
    """By pair of items."""
    found = Transitions(*map(np.concatenate, zip(*transitions(data, counting), strict=True)))
    sums: dict[str, float] = {}
    for source, target, weight in zip(*(column.tolist() for column in found), strict=True):
        pair = data.items[source] + data.items[target]
        sums[pair] = sums.get(pair, 0.0) + weight
    return sums


def test_a_transition_counts_half_when_its_events_are_a_half_life_apart() -> None:
    """By the pause from the item to the event, whatever lies between."""
    data = rows((0, "a", 0.0), (0, "b", 60.0), (0, "c", 120.0))
    assert weights(data, PLAIN._replace(gap_half_life_s=60.0)) == {"ab": 0.5, "bc": 0.5, "ac": 0.7 * 0.25}


def test_an_old_transition_counts_half_each_half_life_before_the_newest_event() -> None:
    """The time of the event that it leads to decides."""
    data = rows((0, "a", 0.0), (0, "b", DAY_S), (1, "a", 2 * DAY_S), (1, "c", 3 * DAY_S))
    assert weights(data, PLAIN._replace(half_life_days=1.0)) == {"ab": 0.25, "ac": 1.0}


@pytest.mark.parametrize(
    ("weight", "expected"), [(3.0, {"ab": 3.0, "ac": 0.7, "bc": 1.0}), (0.0, {"ac": 0.7, "bc": 1.0})]
)
def test_a_transition_to_what_was_consumed_has_a_weight_of_its_own(weight: float, expected: dict[str, float]) -> None:
    """The item itself leads on as others do, also where nothing that leads to it counts."""
    data = rows((0, "a", 0.0), (0, "b", 1.0), (0, "c", 2.0), bought=(1,))
    assert weights(data, PLAIN._replace(consumed_weight=weight)) == expected


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from("abc")), min_size=2, max_size=40), st.floats(1, 1e6))
def test_users_add_up_and_none_adds_more_than_one_step_to_a_pair(events: list[tuple[int, str]], gap_s: float) -> None:
    """To the last bit, so that parts of the users can be counted apart; and whatever a bot does, it is bounded."""
    data = rows(*((user, item, 10.0 * place) for place, (user, item) in enumerate(events)))
    knobs = PLAIN._replace(gap_half_life_s=gap_s)
    one, two, three = (counted(data.select(data.user == user), knobs) for user in range(3))
    for mine, whole in zip(one.plus(two).plus(three), counted(data, knobs), strict=True):
        assert mine.tolist() == whole.tolist()
    assert max(each.units.max(initial=0) for each in (one, two, three)) <= UNIT


@pytest.mark.parametrize("knob", ["gap_half_life_s", "half_life_days"])
def test_half_lives_are_refused_for_data_without_times(knob: str) -> None:
    """An order does not say how long ago."""
    data = replace(rows((0, "a", 0.0), (0, "b", 1.0)), at=np.full(2, np.nan))
    with pytest.raises(InvalidInputError, match=f"{knob}: expected null for data without times, got 5"):
        Covisitation(CovisitationKnobs(**{knob: 5.0})).fit(data, 0)


@pytest.mark.parametrize("knobs", [{"gap_half_life_s": 9.0}, {"half_life_days": 9.0}, {"consumed_weight": 2.0}])
def test_a_model_that_needs_times_or_kinds_does_not_learn_from_items_alone(knobs: dict[str, float]) -> None:
    """An update would not give what a fit gives."""
    assert not isinstance(Covisitation(CovisitationKnobs(**knobs)), Updatable)
    assert isinstance(Covisitation(), Updatable)


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> list[Counting]:
    """How the data was counted, each time that it was."""
    made: list[Counting] = []

    def counting(data: Interactions, how: Counting) -> Iterator[Transitions]:
        made.append(how)
        return transitions(data, how)

    monkeypatch.setattr(counting_module, "transitions", counting)
    return made


def test_models_that_count_in_the_same_way_count_once(counts: list[Counting]) -> None:
    """The knobs that only read the counts need no recount; the scores are those of a fit that counted itself."""
    data = rows((0, "a", 0.0), (0, "b", 1.0), (1, "a", 2.0), (1, "c", 3.0))
    again = CovisitationKnobs(backward=0.2, in_smoothing=3, out_exponent=0.9, neighbours=1, last=2, asked_decay=0.9)
    scores = []
    for knobs, train in ((CovisitationKnobs(), data), (again, data), (again, replace(data))):
        model = Covisitation(knobs)
        model.fit(train, 0)
        scores.append(model.score([np.array([0]), np.array([1, 2])]))
    assert counts == [CovisitationKnobs().counting] * 2  # of the data, and of its copy
    assert np.array_equal(scores[1], scores[2])
    assert not np.array_equal(scores[0], scores[1])


def test_few_ways_of_counting_are_kept_and_none_longer_than_the_data(counts: list[Counting]) -> None:
    """The latest used."""
    data = rows((0, "a", 0.0), (0, "b", 1.0))
    ways = [Counting(reach, 0.7) for reach in range(1, MOST_KEPT + 2)]
    kept = [weakref.ref(counted(data, way).units) for way in ways]
    gc.collect()
    assert [one() is not None for one in kept] == [False] + [True] * MOST_KEPT
    counted(data, ways[1])
    counted(data, ways[0])
    assert counts == [*ways, ways[0]]
    del data
    gc.collect()
    assert not any(one() is not None for one in kept)
