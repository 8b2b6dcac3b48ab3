"""How histories become batches: nothing twice, nothing lost, little padding."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import torch

from millstream.learning.interactions import Ints
from millstream_tools.lab.sequence.batches import Batch, batches_of_an_epoch, latest
from tests.unit.tools.lab.made_up import ints

WINDOW, BATCH = 7, 4
LENGTHS = (0, 1, 2, 3, 7, 8, 9, 15, 16, 40, 5, 5, 23)
PADDING = 1000


def histories() -> list[Ints]:
    """Every item stands in one place only."""
    ends = np.cumsum(LENGTHS)
    return [np.arange(end - length, end) for end, length in zip(ends, LENGTHS, strict=True)]


def epoch(number: int, window: int = WINDOW) -> list[Batch]:
    """The batches of one epoch."""
    return batches_of_an_epoch(histories(), window, BATCH, PADDING, np.random.default_rng((5, number)))


def lengths_in(batch: Batch) -> list[int]:
    """Targets of each window."""
    return (batch.target != PADDING).sum(dim=1).tolist()


def steps_in(batches: list[Batch]) -> Counter[tuple[int, int]]:
    """From which item to which, wherever there is a target."""
    return Counter(
        step
        for batch in batches
        for step in zip(batch.history.flatten().tolist(), batch.target.flatten().tolist(), strict=True)
        if step[1] != PADDING
    )


@pytest.mark.parametrize("window", [1, 2, 7, 100])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_every_step_from_an_item_to_the_next_is_learned_once_an_epoch(window: int, number: int) -> None:
    """However long the history is and wherever its windows were cut."""
    expected = Counter((int(a), int(b)) for history in histories() for a, b in pairwise(history))
    assert steps_in(epoch(number, window)) == expected


def test_no_window_is_longer_than_the_knob_says() -> None:
    """The model has no more places; and some are as long."""
    widths = [batch.history.shape[1] for number in range(5) for batch in epoch(number)]
    assert max(widths) == WINDOW


def test_a_window_is_a_part_of_one_history() -> None:
    """Its items follow each other, and padding stands behind them only."""
    for batch in epoch(1):
        for history, target, length in zip(
            batch.history.tolist(), batch.target.tolist(), lengths_in(batch), strict=True
        ):
            assert target == [item + 1 for item in history[:length]] + [PADDING] * (len(target) - length)
            assert history[: length + 1] == list(range(history[0], history[0] + len(history[: length + 1])))
            assert set(history[length + 1 :]) <= {PADDING}


def test_each_target_says_where_it_stands() -> None:
    """In the histories laid end to end; padding stands past their end."""
    laid = np.concatenate([*histories(), ints(PADDING)])
    for batch in epoch(1):
        np.testing.assert_array_equal(laid[batch.place.numpy()], batch.target.numpy())


def test_windows_of_like_length_share_a_batch() -> None:
    """Between two batches, all windows of one are at most as long as all of the other."""
    spans = sorted((min(lengths), max(lengths)) for lengths in map(lengths_in, epoch(1)))
    assert all(longest <= shortest for (_, longest), (shortest, _) in pairwise(spans))
    assert len({len(batch.history) for batch in epoch(1)} - {BATCH}) <= 1


def test_each_epoch_is_cut_and_ordered_anew() -> None:
    """So that no step stands at the same place of a window for ever; the same draw gives the same."""
    one, other, again = ([batch.history.tolist() for batch in epoch(number)] for number in (1, 2, 1))
    assert one == again
    assert one != other
    assert sorted(map(str, one)) != sorted(map(str, other))


def test_a_history_is_asked_with_its_latest_items() -> None:
    """As many as the window holds, padded behind."""
    items, length = latest([ints(*range(9)), ints(4)], 5, PADDING)
    assert items.tolist() == [[4, 5, 6, 7, 8], [4, *[PADDING] * 4]]
    assert torch.equal(length, torch.tensor([5, 1]))
