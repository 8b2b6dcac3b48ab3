"""Which events become questions."""

from __future__ import annotations

from millstream_tools.shops.contract import ProbeSample, stable_fraction, stable_id

_EVENTS = [f"event-{number}" for number in range(5_000)]


def test_an_exact_sample_holds_exactly_as_many_events_as_were_wanted() -> None:
    """The threshold is the wanted-th smallest hash."""
    sample = ProbeSample.of_exactly(7, 300, _EVENTS)
    assert sum(map(sample.holds, _EVENTS)) == 300


def test_an_exact_sample_of_few_events_holds_all_of_them() -> None:
    """More questions than events are not to be had."""
    sample = ProbeSample.of_exactly(7, 300, _EVENTS[:10])
    assert all(map(sample.holds, _EVENTS[:10]))


def test_no_probes_wanted_means_none() -> None:
    """Zero is a number of probes too."""
    sample = ProbeSample.of_exactly(7, 0, _EVENTS)
    assert not any(map(sample.holds, _EVENTS))


def test_a_rate_gives_about_the_wanted_number() -> None:
    """Within four standard deviations of the binomial."""
    held = sum(map(ProbeSample.at_rate(7, 500, len(_EVENTS)).holds, _EVENTS))
    assert abs(held - 500) < 4 * (500 * 0.9) ** 0.5


def test_another_seed_asks_about_other_events() -> None:
    """Two seeds agree on an event only by chance."""
    one, other = (ProbeSample.of_exactly(seed, 1_000, _EVENTS) for seed in (1, 2))
    both = sum(one.holds(event) and other.holds(event) for event in _EVENTS)
    assert 100 < both < 300


def test_ids_keep_their_parts_apart() -> None:
    """("a", "bc") and ("ab", "c") are different things."""
    assert stable_id("a", "bc") != stable_id("ab", "c")


def test_an_id_is_the_same_for_ever() -> None:
    """Ids are written into logs, so the hash behind them may not change."""
    assert stable_id("shop", 1) == "7d8dd2d5f7add3ce56bf9f67a7ae82b3"
    assert 0 <= stable_fraction("shop", 1) < 1
