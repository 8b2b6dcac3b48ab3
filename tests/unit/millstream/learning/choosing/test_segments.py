"""Popularity by segment is chosen where it helps, and left out where it does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from millstream.learning.choosing.budget import Ledger, Limits
from millstream.learning.choosing.choosing import DEFAULT, choose
from millstream.learning.choosing.cuts import Cuts
from millstream.learning.choosing.ensembles import blend
from millstream.learning.choosing.journal import Journal
from millstream.learning.choosing.judge import Judge
from millstream.learning.choosing.light import light_spaces
from millstream.learning.choosing.repeats import Repeats
from millstream.learning.choosing.shop import measured
from millstream.learning.choosing.trials import Trial
from millstream.learning.families.families import LIGHT, Families
from millstream.learning.interactions import Interactions
from millstream.learning.road import learnable
from tests.unit.millstream.learning.choosing.shops import shop

COUNTRIES = 4


def travelling(known: str, seed: int = 1) -> Interactions:
    """Users who buy what is popular in the country where they are, another one at each visit.

    `known` is what the rows say of the country: the truth, or noise; with "one country" noise, too, of users who all
    buy the same popular items.
    """
    draw = np.random.default_rng(seed)
    rows, told = [], []
    for user in range(150):
        for visit in range(5):
            country = int(draw.integers(COUNTRIES))
            for place in range(2):
                item = country * 30 + min(int(draw.geometric(0.1)), 30) - 1
                if known == "one country":
                    item = min(int(draw.geometric(0.05)), 120) - 1
                rows.append((user, item, user * 9_000.0 + visit * 100_000.0 + 30.0 * place))
                told.append(1 + (country if known == "truth" else int(draw.integers(COUNTRIES))))
    order = np.argsort([row[2] for row in rows], kind="stable")
    attributes = np.zeros((len(rows), 8), np.uint16)
    attributes[:, 1] = np.array(told)[order]
    return replace(shop(rows), attributes=attributes)


@pytest.mark.parametrize(("known", "is_chosen"), [("truth", True), ("noise", False), ("one country", False)])
def test_segments_are_chosen_where_they_help(known: str, is_chosen: bool) -> None:
    """They are tried in all shops."""
    chosen = choose(
        Cuts(learnable(travelling(known))),
        Families(LIGHT).create,
        light_spaces,
        Limits(2.0),
        7,
        Journal(None, {}),
        lambda _: None,
        lambda _: None,
    )
    assert ("segments" in chosen.trial.key) is is_chosen
    assert any("segments" in one.trial.key for one in chosen.tried)


@pytest.mark.parametrize(("known", "is_better"), [("truth", True), ("one country", False)])
def test_what_plain_popularity_adds_is_no_reason_for_segments(known: str, is_better: bool) -> None:
    """Which is a part of their scores: the same blend with popularity is asked, too."""
    cuts = Cuts(learnable(travelling(known)))
    judge = Judge(
        cuts, Families(LIGHT).create, 7, Limits(20.0), Ledger(20.0), Journal(None, {}), lambda _: None, lambda _: None
    )
    default = judge(DEFAULT, "baseline", "session")
    assert default is not None
    segments = Trial("segments", {"smoothing": 100.0, "last_days": None})
    best = blend(default, DEFAULT, [segments], judge, Repeats("session"), 1.0)
    assert best.outcome.mean > default.outcome.mean
    assert ("segments" in best.trial.key) is is_better
    assert ("popularity" in best.trial.key) is not is_better


def test_without_attributes_segments_are_not_tried() -> None:
    """Nor with one value for everybody."""
    rows = travelling("truth")
    for attributes in (np.zeros_like(rows.attributes), np.ones_like(rows.attributes)):
        figures = measured(replace(rows, attributes=attributes))
        assert figures.attributes == ()
        assert "segments" not in {space.family for space in light_spaces(figures)}
    assert measured(rows).attributes == (0.0, 1.0, *[0.0] * 6)
