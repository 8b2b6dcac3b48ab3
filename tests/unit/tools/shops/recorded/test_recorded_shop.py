"""How a recording is played."""

from __future__ import annotations

from pathlib import Path

import pytest

from millstream_tools.shops.contract import Behaved, Behaviour, Probed, Shop, Step
from millstream_tools.shops.recorded import BadDataError, RecordedShop, open_shop
from tests.unit.tools.shops.recorded.made_up import RETAIL_LINES, movielens_csv, retail_csv, yoochoose_tsv


def _steps(shop: RecordedShop) -> list[list[Step]]:
    return [list(visit.steps()) for day in shop.days() for visit in day.visits]


def _live(shop: RecordedShop) -> list[Behaviour]:
    return [b for steps in _steps(shop) for step in steps if isinstance(step, Behaved) for b in step.behaviours]


def test_the_last_fifth_of_the_events_is_live(tmp_path: Path) -> None:
    """Each event is played once, before the cut or after it."""
    shop: Shop = open_shop(movielens_csv(tmp_path, 50), seed=1, probes=5)
    history = list(shop.history())
    live = _live(open_shop(tmp_path, seed=1, probes=5))
    assert (len(history), len(live)) == (40, 10)
    assert max(b.occurred_at for b in history) <= min(b.occurred_at for b in live)
    assert len({behaviour.event_id for behaviour in (*history, *live)}) == 50


def test_exactly_the_wanted_number_of_questions_is_asked(tmp_path: Path) -> None:
    """A recording can be counted beforehand."""
    shop = open_shop(movielens_csv(tmp_path, 100), seed=1, probes=7)
    assert sum(isinstance(step, Probed) for steps in _steps(shop) for step in steps) == 7
    assert "7 live events are asked for" in shop.summary()[-1]


def test_another_seed_asks_other_questions_about_the_same_events(tmp_path: Path) -> None:
    """The seed samples questions; it does not touch what is recorded."""
    movielens_csv(tmp_path, 100)
    one, other = (open_shop(tmp_path, seed=seed, probes=7) for seed in (1, 2))
    assert _live(one) == _live(other)
    assert _steps(one) != _steps(other)
    assert _steps(one) == _steps(open_shop(tmp_path, seed=1, probes=7))


def test_a_question_comes_after_the_visits_earlier_lines_and_before_its_own(tmp_path: Path) -> None:
    """All that was in the basket is sent before the next line is asked for."""
    lines = [f"1,{n},THING {n},1,2020-03-01 09:00:00,1.0,8,Utopia" for n in range(40)]
    steps = _steps(open_shop(retail_csv(tmp_path, lines), seed=1, probes=39, live_fraction=0.99))[0]
    sent = [b.item_id for step in steps if isinstance(step, Behaved) for b in step.behaviours]
    so_far: list[str] = []
    for step in steps:
        if isinstance(step, Behaved):
            so_far.extend(behaviour.item_id for behaviour in step.behaviours)
        elif isinstance(step, Probed):
            assert step.target == sent[len(so_far)]
    assert so_far == sent == [str(n) for n in range(1, 40)]


def test_nothing_is_shown_to_recorded_customers(tmp_path: Path) -> None:
    """They could not react."""
    shop = open_shop(yoochoose_tsv(tmp_path), seed=1, probes=3)
    assert {type(step) for steps in _steps(shop) for step in steps} <= {Behaved, Probed}


def test_long_visits_are_sent_in_calls_of_twenty(tmp_path: Path) -> None:
    """A wholesaler's invoice has hundreds of lines."""
    lines = [f"1,{n},THING {n},1,2020-03-01 09:00:00,1.0,8,Utopia" for n in range(60)]
    steps = _steps(open_shop(retail_csv(tmp_path, lines), seed=1, probes=0, live_fraction=0.75))[0]
    assert [len(step.behaviours) for step in steps if isinstance(step, Behaved)] == [20, 20, 5]


def test_visits_stand_in_the_order_in_which_they_begin(tmp_path: Path) -> None:
    """Within a day and from day to day."""
    shop = open_shop(retail_csv(tmp_path), seed=1, probes=0, live_fraction=0.9)
    starts = [visit.started_at for day in shop.days() for visit in day.visits]
    assert len(starts) == 4
    assert starts == sorted(starts)


def test_the_showcase_repeats_events_of_the_stream(tmp_path: Path) -> None:
    """Sent early, they are duplicates by id when the stream comes to them."""
    lines = [f"{n // 8},{n},THING {n},1,2020-03-0{1 + n // 16} 09:0{n // 8}:00,1.0,8,Utopia" for n in range(64)]
    shop = open_shop(retail_csv(tmp_path, [*RETAIL_LINES, *lines]), seed=1, probes=0, live_fraction=0.5)
    showcase = shop.showcase()
    assert len(showcase.behaviours) == 5
    assert {behaviour.user_id for behaviour in showcase.behaviours} == {showcase.user_id}
    assert set(showcase.behaviours) <= set(_live(shop))


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1])
def test_a_live_part_of_nothing_or_everything_is_refused(tmp_path: Path, fraction: float) -> None:
    """There must be something to learn from and something to ask about."""
    with pytest.raises(ValueError, match=f"live_fraction: expected a share between 0 and 1, got {fraction}"):
        open_shop(movielens_csv(tmp_path), seed=1, probes=0, live_fraction=fraction)


def test_a_single_event_is_no_shop(tmp_path: Path) -> None:
    """There is no moment between it and the next."""
    with pytest.raises(BadDataError, match="expected at least two events to cut between, got 1"):
        open_shop(retail_csv(tmp_path, RETAIL_LINES[:1]), seed=1, probes=0)
