"""Test, then learn: what each arm may know when it is asked, on streams that can be followed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import pytest

from millstream.domain.errors import InvalidInputError
from millstream.learning.families.contract import Recommender
from millstream.learning.interactions import Floats, Interactions, Ints
from millstream_tools.lab.evaluation.prequential.arms import ARMS, Arm, Played, arms_of, play
from millstream_tools.lab.evaluation.prequential.outcome import ANSWERABLE, outcome
from millstream_tools.lab.evaluation.prequential.stream import Stream, StreamKnobs
from millstream_tools.lab.models.families import create
from tests.unit.tools.lab.made_up import interactions, ints

FROZEN, LIVE, REFRESHED, UPDATED = ARMS
SEED = 3

ROWS = (
    ("ann", "a", 0.0),
    ("bob", "b", 1.0),
    ("ann", "b", 2.0),
    ("bob", "a", 3.0),
    ("ann", "c", 4.0),  # from here on asked: an item that nobody touched before
    ("cat", "a", 5.0),  # a user who was not there before
    ("ann", "c", 6.0),
    ("cat", "c", 7.0),
)
"""Two users and two items, then a third of each. The codes of a, b, c and of ann, bob, cat are 0, 1, 2."""


@dataclass
class Witness:
    """A model that learns nothing, likes the items in their order, and writes down what it is told."""

    name: str = "witness"
    told: list[str] = field(default_factory=list)
    items: int = 0

    def fit(self, train: Interactions, seed: int) -> None:
        self.items = len(train.items)
        self.told.append(f"fit {len(train)}")

    def score(self, histories: Sequence[Ints]) -> Floats:
        self.told += [f"asked {history.tolist()}" for history in histories]
        return np.tile(-np.arange(self.items, dtype=np.float64), (len(histories), 1))


class UpdatableWitness(Witness):
    """One that can be told of single events."""

    def update(self, user: int, item: int) -> None:
        self.told.append(f"told {user} {item}")


def stream(**knobs: object) -> Stream:
    """The first half to fit on, and the other half to ask for."""
    return Stream(interactions(*ROWS), StreamKnobs(share=0.5, **knobs))  # type: ignore[arg-type]  # a test's shorthand


def played(arm: Arm, **knobs: object) -> tuple[Played, list[str]]:
    """What came of an arm, and all that the model heard: of the contract, it has what streams need."""
    witness = UpdatableWitness() if arm is UPDATED else Witness()
    return play(cast("Recommender", witness), stream(**knobs), arm, SEED), witness.told


def told(arm: Arm, **knobs: object) -> list[str]:
    """All that the model heard."""
    return played(arm, **knobs)[1]


def ranks(arm: Arm, **knobs: object) -> list[float]:
    """The ranks of c, a, c, c where items are liked in the order a, b, c."""
    found: list[float] = played(arm, **knobs)[0].rank.tolist()
    return found


def test_a_frozen_profile_never_sees_an_event_after_the_cut() -> None:
    """Neither its model nor what is shown to it: ann's a and b, and nothing of cat."""
    assert told(FROZEN) == ["fit 4", "asked [0, 1]", "asked []", "asked [0, 1]", "asked []"]


def test_a_live_context_has_all_that_the_user_did_before_the_event() -> None:
    """And not the event itself; the model is the one of the cut."""
    assert told(LIVE) == ["fit 4", "asked [0, 1]", "asked []", "asked [0, 1, 2]", "asked [0]"]


def test_a_refreshed_model_is_fitted_anew_on_all_that_was() -> None:
    """After every second event here; not after the last, which nobody asks after."""
    assert told(REFRESHED, refresh_every=2) == [
        *("fit 4", "asked [0, 1]", "asked []"),
        *("fit 6", "asked [0, 1, 2]", "asked [0]"),
    ]


DAYS = tuple(
    (user, item, 86_400.0 * day + number)
    for day in range(3)
    for number, (user, item) in enumerate([("ann", "a"), ("ann", "b"), ("bob", "a"), (f"cat {day}", f"new {day}")])
)
"""Three days of four events; each day has a user and an item of its own."""


def days(**knobs: object) -> Stream:
    """The first day to fit on, the others to ask for."""
    return Stream(interactions(*DAYS), StreamKnobs(first_days=1, period_days=1, **knobs))  # type: ignore[arg-type]


def test_a_refreshed_model_is_fitted_at_the_start_of_each_calendar_period() -> None:
    """On all earlier days, whatever the number of events."""
    witness = Witness()
    play(cast("Recommender", witness), days(), REFRESHED, SEED)
    assert [one for one in witness.told if one.startswith("fit")] == ["fit 4", "fit 8"]


def test_one_of_so_many_events_is_asked_and_all_are_learned() -> None:
    """Here one of three, from the first on."""
    witness = UpdatableWitness()
    found = play(cast("Recommender", witness), days(every=3), UPDATED, SEED)
    assert days(every=3).rows.tolist() == [4, 7, 10]
    assert len(found.rank) == 3
    assert sum(one.startswith("told") for one in witness.told) == 8


def test_what_every_arm_can_answer_is_known_before_the_period() -> None:
    """Not the day's new item, and not the first event of a user: users are sessions here."""
    stream = days()
    assert stream.known_items().tolist() == [True, True, True, False] * 2
    assert (stream.known_items() & stream.within_sessions()).tolist() == [True, True, True, False] * 2


def test_periods_have_the_same_weight_whatever_their_events() -> None:
    """Two events of the second day are hit, one of two asked on the third."""
    stream = days(every=1, events=6)
    ranked = Played(np.array([1.0, 1.0, np.inf, np.inf, 1.0, 1.0]), np.ones(6, bool), 0.0, 0.0)
    told_of = outcome("model", "arm", stream, ranked, SEED, samples=10)
    assert told_of.over_periods["all"]["HR@10"] == pytest.approx((2 / 4 + 2 / 2) / 2)
    assert [window.first for window in told_of.windows] == [0, 4]


@pytest.mark.parametrize(
    ("knobs", "name"),
    [({"period_days": 0.0}, "period_days"), ({"first_days": -1.0}, "first_days"), ({"every": 0}, "every")],
)
def test_periods_that_make_no_sense_are_refused_by_name(knobs: dict[str, float], name: str) -> None:
    """So is an arm that there is not."""
    with pytest.raises(InvalidInputError, match=name):
        Stream(interactions(*DAYS), StreamKnobs(**{"first_days": 1, **knobs}))  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="arms"):
        arms_of(create("popularity", {}), ["thawed"])


def test_an_updated_model_has_learned_every_event_before_and_never_the_one_it_is_asked_for() -> None:
    """It is asked first and told afterwards, once."""
    assert told(UPDATED) == [
        *("fit 4", "asked [0, 1]", "told 0 2"),
        *("asked []", "told 2 0"),
        *("asked [0, 1, 2]", "told 0 2"),
        *("asked [0]", "told 2 2"),
    ]


def test_an_item_that_the_model_does_not_know_is_a_miss() -> None:
    """The frozen model never knows c, the refreshed one from the second fit on."""
    miss = float("inf")
    assert ranks(LIVE) == [miss, 1, miss, miss]
    assert ranks(REFRESHED, refresh_every=3) == [miss, 1, miss, 3]
    assert ranks(UPDATED) == [miss, 1, 3, 3]
    assert played(UPDATED)[0].known.tolist() == [False, True, True, True]


def test_an_item_that_the_model_does_not_know_is_never_in_the_way() -> None:
    """Not even if it would be liked most: only known items are ranked."""
    model = create("covisitation", {})
    data = interactions(("ann", "b", 0.0), ("bob", "b", 1.0), ("ann", "c", 2.0), ("bob", "b", 3.0))
    assert play(model, Stream(data, StreamKnobs(share=0.5)), LIVE, SEED).rank.tolist() == [float("inf"), 1]


@pytest.mark.parametrize(
    ("knobs", "expected"),
    [
        ({"exclude": "none"}, [[], [], []]),
        ({"exclude": "history"}, [[0, 1], [0, 1, 2], [0, 1, 2, 3]]),
        ({"exclude": "session"}, [[0, 1], [0, 1, 2], [0, 1, 2, 3]]),
        ({"exclude": "session", "session_gap_s": 5}, [[0, 1], [], [3]]),
        ({"exclude": "session", "session_gap_s": 0}, [[1], [], []]),
    ],
)
def test_what_is_excluded_is_what_the_shop_would_not_show(knobs: dict[str, object], expected: list[list[int]]) -> None:
    """All that the user had, or what the session had: it ends after a pause, or with the moment, or never."""
    rows = [("ann", item, at) for item, at in zip("abcde", (0.0, 2.0, 2.0, 8.0, 9.0), strict=True)]
    basket = Stream(interactions(*rows), StreamKnobs(share=0.4, **knobs))  # type: ignore[arg-type]  # as above
    assert [basket.excluded(row).tolist() for row in range(2, 5)] == expected


def test_an_excluded_item_is_the_same_in_every_arm_and_never_found() -> None:
    """Ann has had c when she comes back to it; a, which she had too, is in nobody's way."""
    miss = float("inf")
    assert ranks(FROZEN, exclude="history") == ranks(LIVE, exclude="history") == [miss, 1, miss, miss]
    assert ranks(UPDATED, exclude="history") == [miss, 1, miss, 2]


def test_real_models_know_more_from_arm_to_arm() -> None:
    """People walk along a circle of items; half of the way is new after the cut."""
    walks = [(f"u{user}", str((user + step) % 12), 12.0 * user + step) for user in range(60) for step in range(6)]
    early = [row for row in walks if int(row[1]) < 6]
    late = [(user, item, at + 10_000) for user, item, at in walks]
    circle = Stream(interactions(*early, *late), StreamKnobs(share=0.4, refresh_every=60))
    found = [np.mean(play(create("covisitation", {"last": 1}), circle, arm, SEED).rank == 1) for arm in ARMS]
    assert found == sorted(found)
    assert found[3] > found[2] > found[1] > 0


def test_a_model_that_cannot_learn_from_single_events_has_three_arms() -> None:
    """And says why it cannot run in the fourth."""
    assert arms_of(create("ease", {})) == (FROZEN, LIVE, REFRESHED)
    assert arms_of(create("popularity", {})) == ARMS
    with pytest.raises(InvalidInputError, match="model: expected one that learns from single events, got 'ease'"):
        play(create("ease", {}), stream(), UPDATED, SEED)


def test_figures_are_means_over_all_events_over_windows_and_over_what_can_be_answered() -> None:
    """Ranks 2, 10.5, a miss of an unknown item, and 15; every event is a session of its own."""
    ranked = Played(np.array([2.0, 10.5, np.inf, 15.0]), np.array([True, True, False, True]), 0.008, None)
    told_of = outcome("model", "arm", stream(window=3, session_gap_s=0.5), ranked, SEED, samples=10)
    assert told_of.slices["all"]["HR@10"].mean == 0.5
    assert told_of.slices["all"]["Recall@20"].mean == 0.75
    assert [window.first for window in told_of.windows] == [0, 3]
    assert [window.metrics["HR@10"] for window in told_of.windows] == [2 / 3, 0]
    assert [window.unseen for window in told_of.windows] == [1 / 3, 0]
    assert told_of.unseen == 0.25
    assert told_of.ranking_ms == pytest.approx(2.0)
    assert told_of.learning_ms is None
    assert ANSWERABLE not in told_of.slices


def test_the_part_that_can_be_answered_has_known_items_inside_sessions() -> None:
    """Known from before the cut, for every arm alike: only cat's c and a qualify here, and c is new."""
    data = interactions(("ann", "a", 0.0), ("ann", "b", 1.0), ("cat", "a", 2.0), ("cat", "c", 3.0), ("cat", "b", 4.0))
    ranked = Played(np.array([1.0, 1.0, np.inf]), np.ones(3, dtype=bool), None, None)
    told_of = outcome("model", "arm", Stream(data, StreamKnobs(share=0.4)), ranked, SEED, samples=10)
    assert told_of.questions == {"all": 3, ANSWERABLE: 1}
    assert told_of.slices[ANSWERABLE]["HR@10"].mean == 0


def test_streams_are_told_apart_by_what_is_asked() -> None:
    """So that only answers to the same questions are compared; how models are refreshed is no question."""
    assert stream().digest() == stream(refresh_every=7, window=2).digest()
    assert len({stream().digest(), stream(events=3).digest(), stream(exclude="history").digest()}) == 3


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"share": 1.0}, "share: expected a number above 0 and below 1"),
        ({"share": 0.01}, "share: expected rows before the cut and after it"),
        ({"events": 0}, "events: expected at least 1"),
        ({"refresh_every": 0}, "refresh_every: expected at least 1"),
        ({"window": 0}, "window: expected at least 1"),
        ({"session_gap_s": -1.0}, "session_gap_s: expected a number of seconds from 0"),
        ({"exclude": "basket"}, "exclude: expected one of history, session, none, got 'basket'"),
    ],
)
def test_a_stream_that_cannot_be_is_refused_by_name(knobs: dict[str, object], message: str) -> None:
    """Before anything is fitted."""
    with pytest.raises(InvalidInputError, match=message):
        Stream(interactions(*ROWS), StreamKnobs(**knobs))  # type: ignore[arg-type]  # as above


def test_an_order_without_times_is_no_stream() -> None:
    """It may be each user's, one after the other."""
    with pytest.raises(InvalidInputError, match="data: expected rows with times, got 'an order only'"):
        Stream(interactions(("ann", "a"), ("bob", "b")), StreamKnobs(share=0.5))


def test_a_context_is_the_users_own() -> None:
    """Users' rows alternate in the stream."""
    live = [stream().context(row, live=True).tolist() for row in range(4, 8)]
    assert live == [[0, 1], [], [0, 1, 2], [0]]
    assert stream().before(4).item.tolist() == ints(0, 1, 1, 0).tolist()
