"""DESIGN law 2, exactly-once effect: `law.check_law` for any log and whatever may happen to it."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from millstream.application.ports import LogRecord
from tests.builders import subject
from tests.property.law import Delivery, Race, Step, check_law, cuts
from tests.strategies import USERS, logs, readable

refusals = st.sampled_from(
    [frozenset(map(subject, some)) for count in range(len(USERS) + 1) for some in combinations(USERS, count)]
)
backs = st.sampled_from([0, 0, 0, 0, 1, 2, 5, 12])
"""Mostly none: a step back would repair what the step before it broke."""
sizes = st.integers(1, 9) | st.just(24)

clean_deliveries = st.builds(Delivery, size=sizes)
redeliveries = st.builds(Delivery, back=backs, size=sizes)
crashes = st.builds(Delivery, back=backs, size=sizes, calls=st.integers(0, 4), torn=st.integers(0, 3))
partial_failures = st.builds(Delivery, back=backs, size=sizes, refused=refusals)
racing = clean_deliveries | redeliveries | crashes | partial_failures
zombies = st.builds(
    Race,
    first=st.builds(Delivery, size=st.integers(3, 8)),
    second=st.builds(Delivery, back=st.sampled_from([0, 0, 0, 2]), size=st.integers(1, 4)),
    turns=st.sampled_from([1, 2, 2, 2, 3, 4]).map(lambda steps: (False,) * steps),
)
"""The second takes some steps of a smaller batch, then the first runs to its end, then the second goes on."""
races = zombies | st.builds(Race, first=racing, second=racing, turns=st.lists(st.booleans(), max_size=20).map(tuple))


def histories(steps: st.SearchStrategy[Step]) -> st.SearchStrategy[list[Step]]:
    """A few of these steps; what they leave undone is delivered afterwards."""
    return st.lists(steps, min_size=1, max_size=10)


@given(logs(of=readable), st.lists(sizes, min_size=24, max_size=24))
def test_any_cut_into_batches_gives_the_same_rows(log: list[LogRecord], batch_sizes: list[int]) -> None:
    """The same log in batches of any sizes."""
    check_law(log, cuts(log, iter(batch_sizes)))


@given(logs(of=readable), histories(redeliveries))
def test_a_batch_that_is_delivered_again_changes_nothing(log: list[LogRecord], history: list[Step]) -> None:
    """Any batch or prefix again, also cut otherwise than before."""
    check_law(log, history)


@given(logs(of=readable), histories(crashes))
def test_a_crash_between_any_two_writes_changes_nothing(log: list[LogRecord], history: list[Step]) -> None:
    """The store takes some calls, or some rows of the last one, and the projector is gone; the batch comes again."""
    check_law(log, history)


@given(logs(of=readable), histories(partial_failures))
def test_rows_that_the_store_refuses_are_caught_up(log: list[LogRecord], history: list[Step]) -> None:
    """Some users' rows are unavailable; the batch is delivered again from the first record that they lack."""
    check_law(log, history)


@given(logs(), histories(redeliveries | crashes | partial_failures))
def test_poison_goes_to_the_dead_letters_and_its_neighbours_go_through(
    log: list[LogRecord], history: list[Step]
) -> None:
    """Unreadable records anywhere in the log, in the middle of all other trouble."""
    check_law(log, history)


@given(logs(), histories(races))
def test_two_projectors_on_one_shard_end_in_the_same_rows(log: list[LogRecord], history: list[Step]) -> None:
    """A projector that was given up for dead runs on beside its successor, call by call in any order."""
    check_law(log, history)
