"""Choosing a model on small shops whose best model is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from millstream.domain.slates.slate import SeenItems
from millstream.learning.choosing.budget import Limits
from millstream.learning.choosing.choosing import DEFAULT, Chosen, Contender, choose
from millstream.learning.choosing.cuts import Cuts
from millstream.learning.choosing.journal import Journal
from millstream.learning.choosing.light import light_spaces
from millstream.learning.choosing.repeats import Repeats
from millstream.learning.choosing.spaces import Space
from millstream.learning.choosing.trials import Trial
from millstream.learning.evaluation.time_split import ExcludeInTime
from millstream.learning.families import fitting
from millstream.learning.families.families import LIGHT, Families
from millstream.learning.interactions import Interactions
from millstream.learning.road import learnable
from millstream_tools.lab.models.families import create
from tests.unit.millstream.learning.choosing.shops import chains

UNITS = 1.0


def chosen_for(
    rows: Interactions, journal: Journal | None = None, units: float = UNITS, incumbent: Contender | None = None
) -> Chosen:
    """The choice among the light families."""
    return choose(
        Cuts(learnable(rows)),
        Families(LIGHT).create,
        light_spaces,
        Limits(units),
        7,
        journal or Journal(None, {}),
        lambda _: None,
        lambda _: None,
        incumbent,
    )


def test_the_same_data_seed_and_units_give_the_same_choice() -> None:
    """Everything that is reported is the same, too."""
    assert chosen_for(chains()).plain() == chosen_for(chains()).plain()


def test_the_chosen_model_is_not_below_the_default_and_popularity() -> None:
    """On the questions on which all were asked."""
    chosen = chosen_for(chains())
    confirmed = [one for one in chosen.tried if one.stage in ("confirm", "baseline", "search 3", "refine", "blend")]
    means = {one.trial.key: one.outcome.mean for one in confirmed}
    assert means[chosen.trial.key] >= means[DEFAULT.key]
    assert chosen.spent <= UNITS


def test_an_interrupted_choice_resumes_to_the_same_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And fits nothing again that was finished before the interruption."""
    fits: list[str] = []
    fit = fitting.fit

    def interrupted(*given: object) -> object:
        if len(fits) == 12:
            raise KeyboardInterrupt
        return counted(*given)

    def counted(*given: object) -> object:
        fits.append(type(given[0]).__name__)
        return fit(*given)  # type: ignore[arg-type]  # as it was called

    whole = chosen_for(chains())
    monkeypatch.setattr(fitting, "fit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        chosen_for(chains(), Journal(tmp_path, {"data": "chains"}))
    journal = Journal(tmp_path, {"data": "chains"})
    assert journal.resumed > 0
    fits.clear()
    monkeypatch.setattr(fitting, "fit", counted)
    resumed = chosen_for(chains(), journal)
    assert resumed.plain() == whole.plain()
    all_fits = len({one.trial.key for one in whole.tried})
    assert len(fits) < all_fits


@pytest.mark.parametrize(("again", "comes_back"), [(0.7, True), (0.0, False)])
def test_repeats_are_recommended_where_users_come_back(again: float, comes_back: bool) -> None:
    """With own items among the recommendations, if that is what users return to."""
    chosen = chosen_for(chains(again=again, items=300, users=240), units=3.0)
    assert (chosen.repeats.exclude in ("none", "purchased")) is comes_back
    assert bool(chosen.repeats.weight) is comes_back


@pytest.mark.parametrize(("exclude", "seen"), [("history", SeenItems.ALL), *((seen.value, seen) for seen in SeenItems)])
def test_what_was_chosen_is_what_requests_exclude(exclude: ExcludeInTime, seen: SeenItems) -> None:
    """Events without times know the history only: all that the user had."""
    assert Repeats(exclude).seen is seen


def test_the_incumbent_stays_unless_another_is_better() -> None:
    """An incumbent that is the best of its space is chosen again."""
    best = chosen_for(chains(), units=3.0)
    again = chosen_for(chains(), units=0.5, incumbent=best.contenders[0])
    values = {one.trial.key: one.outcome.mean for one in again.tried if one.stage == "baseline"}
    assert values[again.trial.key] == max(values.values())


def test_events_without_times_are_cut_by_leave_one_out() -> None:
    """As in files that keep only the order."""
    rows = chains()
    untimed = Interactions(rows.user, rows.item, np.full(len(rows), np.nan), rows.users, rows.items)
    chosen = chosen_for(untimed)
    assert chosen.why_unmeasured is None
    assert chosen.repeats.exclude in ("history", "none")
    assert chosen.shop.days is None


def test_a_model_that_needs_too_much_memory_is_refused_by_name() -> None:
    """EASE holds matrices of all pairs of items."""
    chosen = choose(
        Cuts(learnable(chains())),
        create,
        lambda _: [Space("ease", {})],
        Limits(UNITS, memory_gib=1e-6),
        7,
        Journal(None, {}),
        lambda _: None,
        lambda _: None,
    )
    assert "memory" in chosen.refused[Trial("ease", {}).key]
    assert chosen.trial == DEFAULT


def test_a_larger_budget_tries_more() -> None:
    """And still keeps to it."""
    small, large = chosen_for(chains(), units=0.5), chosen_for(chains(), units=1.5)
    assert len(small.tried) < len(large.tried)
    assert small.spent <= 0.5
    assert large.spent <= 1.5
