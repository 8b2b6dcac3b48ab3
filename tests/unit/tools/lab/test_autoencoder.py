"""What the autoencoder learns, on data small enough to see it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from millstream.domain.errors import InvalidInputError
from millstream.learning.interactions import Floats, Interactions
from millstream_tools.lab.models.families import create
from tests.unit.tools.lab.made_up import ints

SEED = 5
ITEMS = 12
SMALL = {"latent": 16, "hidden": 0, "epochs": 60, "batch": 10, "learning_rate": 0.02}


def rounds() -> Interactions:
    """Forty users who go around the items, one step at a time, each from another place; no item comes twice."""
    places = [(user, (user + step) % ITEMS) for user in range(40) for step in range(ITEMS - 2)]
    user, item = np.array(places).T
    return Interactions(user, item, np.full(len(user), np.nan), [str(n) for n in range(40)], list("abcdefghijkl"))


def scores(knobs: dict[str, Any], *histories: tuple[int, ...]) -> Floats:
    model = create("autoencoder", {**SMALL, **knobs})
    model.fit(rounds(), SEED)
    return model.score([ints(*history) for history in histories])


@pytest.mark.parametrize("kind", ["dae", "vae"])
def test_it_gives_back_the_items_of_a_bag_and_those_that_go_with_them(kind: str) -> None:
    """Users of this data have all items but two neighbours."""
    shown = (0, 1, 2, 3, 4, 5, 6, 7)
    assert set(scores({"kind": kind, "pull": 0.01}, shown)[0].argsort()[::-1][:8].tolist()) <= {*shown, 8, 11}


@pytest.mark.parametrize("kind", ["dae", "vae"])
def test_with_ahead_it_says_what_comes_next(kind: str) -> None:
    """From the latest item, which is all that it is shown."""
    found = scores({"kind": kind, "ahead": 1, "last": 1, "dropout": 0.0}, (4, 5), (5, 4), (9,), (ITEMS - 1,))
    assert found.argmax(axis=1).tolist() == [6, 5, 10, 0]


def test_recency_tells_orders_apart() -> None:
    """Without it a history is a bag."""
    one, other = scores({"kind": "dae"}, (3, 4), (4, 3))
    assert np.array_equal(one, other)
    one, other = scores({"kind": "dae", "decay": 0.5}, (3, 4), (4, 3))
    assert not np.allclose(one, other)


def test_a_strong_pull_leaves_the_vae_with_one_answer_for_all() -> None:
    """A normal that is the standard one for every bag says nothing of the bag; the dae knows no pull."""

    def spread(**knobs: object) -> float:
        return float(np.std(scores({"pull_epochs": 1, **knobs}, (0, 1, 2), (6, 7, 8)), axis=0).mean())

    assert spread(kind="vae", pull=100.0) < spread(kind="vae", pull=0.01) / 10
    assert spread(kind="dae", pull=100.0) == spread(kind="dae", pull=0.01)


def test_the_pull_grows_over_its_epochs() -> None:
    """As long as it is small a vae learns as if there were none."""
    strong = {"kind": "vae", "pull": 100.0}
    late = scores({**strong, "pull_epochs": 1_000_000_000}, (0, 1, 2))
    np.testing.assert_allclose(late, scores({**strong, "pull": 0.0}, (0, 1, 2)), atol=0.05)


@pytest.mark.parametrize(
    ("knob", "value", "expected"),
    [
        ("kind", "ae", "one of vae, dae"),
        ("ahead", 0, "at least 1"),
        ("hidden", -1, "at least 0"),
        ("decay", 0, "above"),
    ],
)
def test_wrong_knobs_are_refused(knob: str, value: object, expected: str) -> None:
    """With the name of the knob."""
    with pytest.raises(InvalidInputError, match=f"{knob}: expected .*{expected}"):
        create("autoencoder", {knob: value})
