from __future__ import annotations

from dataclasses import replace
from math import sqrt

import pytest

from millstream.application.ports import LogRecord
from millstream.domain.errors import InvalidInputError
from millstream.domain.keys import item_key
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import Position
from millstream.learning.families.covisitation import CovisitationKnobs
from millstream.learning.from_log import read_history
from tests.unit.millstream.learning.histories import CovisitationModel, fit, log_of, record, viewed

PLAIN = CovisitationKnobs(backward=0, out_exponent=0, in_exponent=0)
"""Scores are the weights of what came after themselves."""


def scores(model: CovisitationModel, item: str) -> dict[str, float]:
    """The neighbours of an item by id, and their scores."""
    row = int(model.vocabulary.indices([item_key(item)])[0])
    neighbours = model.neighbours
    return {
        model.item_ids[target]: float(score) / neighbours.scale
        for target, score in zip(neighbours.items[row].tolist(), neighbours.scores[row].tolist(), strict=True)
        if target < len(model.item_ids)
    }


def test_the_sooner_an_item_follows_the_more_it_counts() -> None:
    """Weights fall by 0.7 a step."""
    assert scores(fit(log_of({"user": ["a", "b", "c", "d"]}), PLAIN), "a") == pytest.approx(
        {"b": 1.0, "c": 0.7, "d": 0.49}, rel=1e-3
    )


def test_what_came_before_does_not_count() -> None:
    """Unless the configuration says how much."""
    assert scores(fit(log_of({"user": ["a", "b"]}), PLAIN), "b") == {}


def test_what_came_before_counts_as_much_as_the_configuration_says() -> None:
    """Beside what came after, where both happened: from b to c once, and from c to b once."""
    model = fit(log_of({"one": ["a", "b", "c"], "two": ["c", "b"]}), replace(PLAIN, backward=0.5))
    assert scores(model, "c") == pytest.approx({"a": 0.35, "b": 1.5}, rel=1e-3)
    assert scores(model, "b") == pytest.approx({"a": 0.5, "c": 1.5}, rel=1e-3)
    assert scores(model, "a") == pytest.approx({"b": 1.0, "c": 0.7}, rel=1e-3)


def test_users_add_up_and_do_not_mix() -> None:
    """A transition never leads from one user to another."""
    model = fit(log_of({"one": ["a", "b"], "two": ["a", "b"], "three": ["c"]}), PLAIN)
    assert scores(model, "a") == pytest.approx({"b": 2.0})
    assert scores(model, "c") == {}


@pytest.mark.parametrize("items", [["a", "b"], [f"i{number}" for number in range(100)]])
def test_one_user_counts_once_for_a_pair(items: list[str]) -> None:
    """20,000 loops gave a score of 0.99 in the default configuration; now they are one user's step."""
    loops = log_of({"bot": items * (15_000 // len(items))})
    assert max(scores(fit(loops, PLAIN), items[0]).values()) == 1.0
    assert max(scores(fit(loops), items[0]).values()) < 0.03


def test_the_heaviest_step_of_a_user_counts() -> None:
    """From a to b over c, later directly."""
    assert scores(fit(log_of({"one": ["a", "c", "b", "a", "b"]}), PLAIN), "a")["b"] == 1.0


def test_busy_and_popular_items_are_discounted() -> None:
    """The score is the weight over the root of what leaves plus 30 and what arrives plus 100."""
    model = fit(log_of({"one": ["a", "b", "c"]}), CovisitationKnobs(backward=0))
    assert scores(model, "a")["b"] == pytest.approx(1 / sqrt((1.7 + 30) * (1 + 100)), rel=1e-3)
    assert scores(model, "a")["c"] == pytest.approx(0.7 / sqrt((1.7 + 30) * (1.7 + 100)), rel=1e-3)


def test_only_the_best_neighbours_are_kept() -> None:
    """The rest is cut off, equal ones by the order of keys."""
    model = fit(log_of({"user": ["a", "b", "c", "d"]}), replace(PLAIN, neighbours=2))
    assert set(scores(model, "a")) == {"b", "c"}
    assert model.neighbours.items.shape == (5, 2)


def test_an_event_that_came_twice_counts_once() -> None:
    """The fold of the live path decides what is a duplicate."""
    events = [viewed("user", 0, "a"), viewed("user", 1, "b"), viewed("user", 1, "b"), viewed("user", 2, "c")]
    assert scores(fit([record(1, "user", events)], PLAIN), "a") == pytest.approx({"b": 1.0, "c": 0.7}, rel=1e-3)


def test_a_record_that_came_twice_counts_once() -> None:
    """Its position tells."""
    once = log_of({"user": ["a", "b"]})
    assert scores(fit([*once, *once], PLAIN), "a") == {"b": 1.0}


@pytest.mark.parametrize("kind", [kind for kind in EventKind if not kind.traits.learning and kind.traits.from_clients])
def test_only_what_is_learned_counts(kind: EventKind) -> None:
    """What a user says about a slate, rejects or passes over is no step, neither to the item nor from it."""
    events = [viewed("user", 0, "a"), viewed("user", 1, "b", kind), viewed("user", 2, "c")]
    model = fit([record(1, "user", events)], PLAIN)
    assert scores(model, "a") == {"c": 1.0}
    assert set(model.item_ids) == {"a", "c"}


def test_a_one_star_rating_is_no_step() -> None:
    """Neither to the item nor from it."""
    rated = replace(viewed("user", 1, "b", EventKind.ItemRated), value=1.0)
    model = fit([record(1, "user", [viewed("user", 0, "a"), rated, viewed("user", 2, "c")])], PLAIN)
    assert scores(model, "a") == {"c": 1.0}


@pytest.mark.parametrize("kind", [EventKind.ItemDisliked, EventKind.ItemHidden])
@pytest.mark.parametrize("records", [1, 3])
def test_an_item_that_was_looked_at_and_rejected_leads_to_nothing(kind: EventKind, records: int) -> None:
    """Whether the events came in one call or in several."""
    events = [viewed("user", 0, "a"), viewed("user", 1, "b"), viewed("user", 2, "b", kind), viewed("user", 3, "c")]
    calls = [events] if records == 1 else [events[:2], events[2:3], events[3:]]
    model = fit([record(number, "user", call) for number, call in enumerate(calls, 1)], PLAIN)
    assert scores(model, "a") == pytest.approx({"b": 1.0, "c": 1.0}, rel=1e-3)
    assert scores(model, "b") == {}


def test_a_record_that_cannot_be_read_is_counted_and_passed_over() -> None:
    """It is in the dead letters; the model does without it and says so."""
    first, second = log_of({"one": ["a", "b"], "two": ["a", "b"]})
    model = fit([first, LogRecord(Position("history", 7), "x", b"not a record"), second], PLAIN)
    assert scores(model, "a") == {"b": 2.0}
    assert model.history.log.unreadable == 1


def test_a_log_without_items_cannot_be_fitted() -> None:
    """There is nothing to learn from."""
    with pytest.raises(InvalidInputError, match="events: expected at least one event of a user who likes"):
        fit([])


def test_a_single_item_makes_a_model_without_neighbours() -> None:
    """A first event is a legal history."""
    assert scores(fit(log_of({"user": ["a"]})), "a") == {}


def test_the_model_knows_what_it_was_fitted_on() -> None:
    """First and last record of each shard, and how much there was."""
    log = fit(log_of({"one": ["a", "b"], "two": ["c"]})).history.log
    assert log.shards == ((Position("history", 1), Position("history", 2)),)
    assert (log.records, log.events, log.users, log.unreadable) == (2, 3, 2, 0)


def test_the_digest_of_the_log_changes_with_any_record() -> None:
    """Two histories are told apart by their digest alone."""
    one, other = log_of({"one": ["a", "b"], "two": ["c"]}), log_of({"one": ["a", "b"], "two": ["d"]})
    assert read_history(one).log.digest == read_history(one).log.digest
    assert read_history(one).log.digest != read_history(other).log.digest


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("neighbours", 0, "a whole number, at least 1"),
        ("out_smoothing", 0.0, "a number above 0"),
        ("in_smoothing", float("nan"), "a number above 0"),
        ("in_exponent", 1.5, "a number at least 0 and at most 1"),
        ("backward", -0.1, "a number at least 0 and at most 1"),
        ("asked_decay", 0.0, "a number above 0 and at most 1"),
    ],
)
def test_a_senseless_parameter_is_refused(field: str, value: float, expected: str) -> None:
    """The error names the parameter."""
    with pytest.raises(InvalidInputError) as refused:
        CovisitationKnobs(**{field: value})  # type: ignore[arg-type]  # a wrong value on purpose
    assert (refused.value.field, refused.value.expected) == (field, expected)
