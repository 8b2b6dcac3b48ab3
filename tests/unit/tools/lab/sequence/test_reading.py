"""What a state may depend on: its history up to that place, and nothing else."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from millstream_tools.lab.sequence.model import SequenceModel
from tests.unit.tools.lab.sequence.small import BLOCKS, ITEMS, small

LENGTH = 6

pytestmark = pytest.mark.parametrize("block", BLOCKS)


def read(block: str, history: Tensor) -> Tensor:
    """The states of a model whose weights are large enough to make a difference visible."""
    torch.manual_seed(4)
    model = SequenceModel(small(block=block, blocks=2, heads=2), ITEMS).eval()
    with torch.inference_mode():
        for weight in model.parameters():
            weight.add_(torch.randn(weight.shape), alpha=0.3)
        states: Tensor = model(history)
    return states


@pytest.mark.parametrize("place", range(LENGTH))
def test_an_item_changes_no_earlier_state(block: str, place: int) -> None:
    """And it does change its own state and all later ones."""
    history = torch.arange(LENGTH)[None]
    other = history.clone()
    other[0, place] = ITEMS - 1
    changed = (read(block, history) - read(block, other)).abs().amax(dim=2)[0]
    assert changed[:place].amax(dim=0).item() < 1e-6 if place else True
    assert changed[place:].amin(dim=0).item() > 1e-4


def test_padding_changes_no_state_of_an_item(block: str) -> None:
    """A short history reads alike alone and beside a long one."""
    short = torch.tensor([[3, 8]])
    together = torch.tensor([[3, 8, ITEMS, ITEMS, ITEMS], [1, 2, 3, 4, 5]])
    torch.testing.assert_close(read(block, together)[:1, :2], read(block, short), rtol=1e-5, atol=1e-5)


def test_the_company_in_a_batch_changes_nothing(block: str) -> None:
    """Users do not read each other."""
    history = torch.tensor([[3, 8, 1], [4, 4, 2]])
    torch.testing.assert_close(read(block, history)[:1], read(block, history[:1]), rtol=1e-5, atol=1e-5)


def test_the_order_of_a_history_counts(block: str) -> None:
    """The same items the other way round leave another state."""
    there, back = read(block, torch.tensor([[1, 2, 3, 9]])), read(block, torch.tensor([[3, 2, 1, 9]]))
    assert (there - back)[0, -1].abs().max() > 1e-4


def test_no_histories_have_no_states(block: str) -> None:
    """A process may have no part in the last batch, but each of its weights has a gradient, of zero."""
    model = SequenceModel(small(block=block), ITEMS)
    states = model(torch.empty(0, LENGTH, dtype=torch.int64))
    assert states.shape == (0, LENGTH, 16)
    states.sum().backward()
    assert all(weight.grad is not None and not weight.grad.any() for weight in model.parameters())
