"""Clicks that were not meant: what is done about them helps, in shops where it is known which those are."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch

from millstream.learning.preparation import AccidentalClicks, prepare
from millstream_tools.lab.experiments import noise

SHARE = 0.4


def test_the_share_of_random_clicks_is_the_one_that_was_asked_for() -> None:
    """A customer who means all clicks goes one, two or five items on."""
    for kind in ("slips", "looks"):
        data = noise.shop(kind, SHARE, seed=1, users=400)  # type: ignore[arg-type]
        if kind == "slips":
            extra = 1 - 400 * noise.STEPS / len(data)
            assert extra == pytest.approx(SHARE, abs=0.02)
        meant = [np.isin(np.diff(walk) % noise.ITEMS, (1, 2, 5)).mean() for walk in data.histories()]
        assert np.mean(meant) < 0.6
    clean = noise.shop("looks", 0.0, seed=1).histories()
    assert all(np.isin(np.diff(walk) % noise.ITEMS, (1, 2, 5)).all() for walk in clean)


def test_the_rule_of_dwell_takes_out_the_slips_and_nothing_else() -> None:
    """Click by click, the shop is as if nobody had slipped."""
    data = noise.shop("slips", SHARE, seed=1)
    kept, (taken,) = prepare(data, [AccidentalClicks()])
    assert taken.before.rows - taken.after.rows > 0.3 * taken.before.rows
    left = Counter(len(walk) for walk in kept.histories())
    assert left[noise.STEPS] > 0.85 * noise.USERS
    steps = np.concatenate([np.diff(walk) % noise.ITEMS for walk in kept.histories()])
    assert np.isin(steps, (1, 2, 5)).mean() > 0.98


def test_without_accidental_clicks_a_model_finds_more() -> None:
    """With every seed."""
    for seed in noise.SEEDS:
        assert noise.accuracy(noise.CLEANED, SHARE, seed) > noise.accuracy(noise.AS_IT_IS, SHARE, seed) + 0.01


@pytest.fixture
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.usefixtures("_one_thread")
def test_the_robust_loss_does_not_learn_noise_by_heart() -> None:
    """Trained for long on clicks of which two in five mean nothing, it finds more than cross-entropy does."""
    seeds = noise.SEEDS[:2]
    plain, robust = (
        np.mean([noise.accuracy(way, SHARE, seed) for seed in seeds]) for way in (noise.BY_HEART, noise.ROBUST)
    )
    assert robust > plain + 0.02
