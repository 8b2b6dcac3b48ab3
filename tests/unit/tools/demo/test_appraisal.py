from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

from millstream.application.replay.progress import silently
from millstream_tools.demo import appraisal
from millstream_tools.demo.appraisal import appraised
from millstream_tools.places import PYTHON_PATH
from millstream_tools.shops.contract import Behaviour, BehaviourKind, SeenPolicy
from millstream_tools.shops.simulated.simulated_shop import SimulatedShop
from tests.unit.tools.shops.simulated.small_shop import SMALL

CIRCLE = 12


def walks(visits: int, *, again: int = 1) -> list[Behaviour]:
    """Visits one after the other, each five steps along a circle of items, each item looked at `again` and again."""
    steps = [(visit, step) for visit in range(visits) for step in range(5) for _ in range(again)]
    return [
        Behaviour(f"u{v % 9}-{v}", f"v{v}", f"e{n}", BehaviourKind.VIEWED, f"i{(v + step) % CIRCLE}", 1000.0 + n)
        for n, (v, step) in enumerate(steps)
    ]


def means(history: Sequence[Behaviour], seen: SeenPolicy = "none") -> dict[str, float]:
    """The metrics of the one protocol."""
    ((_, values),) = appraised(history, seen, silently).items()
    return values


def test_a_model_is_asked_what_came_after_the_cut() -> None:
    """On a circle the next item is certain wherever anything is known of the visit: in four of five steps."""
    ((protocol, values),) = appraised(walks(60), "none", silently).items()
    assert protocol == (
        "time split at 1970-01-01T00:20:40 UTC (240 rows before, 60 after), next, live context, excluded: none, "
        "no step from an item to itself; asked as it serves, fit on the training part alone"
    )
    assert values["HR@10"] == pytest.approx(0.8)
    assert values["NDCG@10"] == pytest.approx(0.8)


def test_looking_at_an_item_again_is_no_question() -> None:
    """A model that never gives the item at hand would be wrong each time."""
    assert means(walks(60, again=3))["HR@10"] == pytest.approx(0.8)


def test_what_was_asked_for_was_not_fitted_on() -> None:
    """Items that came after the cut only are never found."""
    history = walks(60)
    later = [
        Behaviour(one.user_id, one.session_id, one.event_id, one.event_type, f"new {one.item_id}", one.occurred_at)
        for one in history[240:]
    ]
    assert means([*history[:240], *later]) == {"HR@10": 0.0, "NDCG@10": 0.0}


@pytest.mark.parametrize(("seen", "excluded"), [("all", "history"), ("session", "same time"), ("purchased", "none")])
def test_what_the_shop_leaves_out_is_left_out(seen: SeenPolicy, excluded: str) -> None:
    """As far as the lab's split knows of it."""
    (protocol,) = appraised(walks(60), seen, silently)
    assert f"excluded: {excluded}, no step" in protocol


def test_no_more_questions_are_asked_than_it_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evenly over the later rows; the progress counts them."""
    monkeypatch.setattr(appraisal, "QUESTIONS", 20)
    totals = []

    def progress(step: str, total: int | None) -> object:
        totals.append((step, total))
        return silently(step, total)

    appraised(walks(60), "none", progress)  # type: ignore[arg-type]
    assert totals == [("Measuring the model", 20)]


@pytest.mark.parametrize("history", [[], walks(1)[:1], walks(1, again=5)[:5]])
def test_a_history_that_cannot_be_cut_is_not_measured(history: list[Behaviour]) -> None:
    """The demo goes on without."""
    assert appraised(history, "none", silently) == {}


def test_a_small_shops_model_is_better_than_chance() -> None:
    """The simulated shop's own history."""
    shop = SimulatedShop(SMALL, seed=5)
    assert means(list(shop.history()), shop.exclude_seen)["HR@10"] > 2 * 10 / SMALL.products


def test_none_of_the_labs_libraries_is_needed() -> None:
    """`make demo` installs none of them."""
    loaded = "import sys, millstream_tools.demo.appraisal; print(*{name.partition('.')[0] for name in sys.modules})"
    paths = os.pathsep.join(map(str, PYTHON_PATH))
    names = subprocess.run(
        [sys.executable, "-c", loaded],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": paths},
    ).stdout.split()
    assert not {"scipy", "torch", "implicit", "tqdm", "threadpoolctl", "matplotlib"} & set(names)
