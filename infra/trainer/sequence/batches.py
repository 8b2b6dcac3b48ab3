"""Windows of histories in batches of about the same length, drawn anew for each epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from infra.trainer.interactions import Ints


class Batch(NamedTuple):
    """B windows, padded on the right to the longest, L."""

    history: Tensor
    """[B, L] items."""

    target: Tensor
    """[B, L] the item after each; the padding where there is none."""


def batches_of_an_epoch(
    histories: Sequence[Ints], window: int, batch: int, padding: int, draw: np.random.Generator
) -> list[Batch]:
    """Every step from an item to the next once. Where the first window of a long history ends is drawn.

    Windows of like length share a batch, so that little is padding; batches come in a drawn order.
    """
    windows = [part for history in histories for part in _windows(history, window, draw)]
    draw.shuffle(windows)
    windows.sort(key=len)
    batches = [padded(windows[start : start + batch], padding) for start in range(0, len(windows), batch)]
    draw.shuffle(batches)
    return batches


def padded(windows: Sequence[Ints], padding: int) -> Batch:
    """Windows of two or more items as a batch."""
    longest = max(len(window) for window in windows)
    items = np.full((len(windows), longest), padding, dtype=np.int64)
    for row, window in zip(items, windows, strict=True):
        row[: len(window)] = window
    whole = torch.from_numpy(items)
    return Batch(whole[:, :-1], whole[:, 1:])


def latest(histories: Sequence[Ints], window: int, padding: int) -> tuple[Tensor, Tensor]:
    """The last `window` items of histories that are not empty, [B, L], and how many each has, [B]."""
    shown = [history[-window:] for history in histories]
    lengths = torch.tensor([len(history) for history in shown])
    items = np.full((len(shown), int(lengths.max())), padding, dtype=np.int64)
    for row, history in zip(items, shown, strict=True):
        row[: len(history)] = history
    return torch.from_numpy(items), lengths


def _windows(history: Ints, window: int, draw: np.random.Generator) -> Iterator[Ints]:
    """Parts of up to window + 1 items, each beginning with the last item of the one before."""
    end = len(history)
    first = end if end <= window + 1 else int(draw.integers(2, window + 2))
    start, stop = 0, first
    while stop - start >= 2:
        yield history[start:stop]
        start, stop = stop - 1, min(stop + window, end)
