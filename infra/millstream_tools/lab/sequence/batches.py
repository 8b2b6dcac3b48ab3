"""Windows of histories in batches of similar length, sampled for each epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from millstream.learning.interactions import Ints


class Batch(NamedTuple):
    """B windows, padded on the right to the longest, L."""

    history: Tensor
    """[B, L] items."""

    target: Tensor
    """[B, L] the item after each; the padding where there is none."""

    place: Tensor
    """[B, L] where each target stands in the histories laid end to end; past their end for the padding."""


def batches_of_an_epoch(
    histories: Sequence[Ints], window: int, batch: int, padding: int, draw: np.random.Generator
) -> list[Batch]:
    """Every step from an item to the next once. Where the first window of a long history ends is drawn.

    Windows of like length share a batch, so that little is padding; batches come in a drawn order.
    """
    laid = np.concatenate([*histories, np.array([padding])])
    ends = np.cumsum([len(history) for history in histories])
    of_history = (np.arange(end - len(history), end) for history, end in zip(histories, ends, strict=True))
    windows = [part for places in of_history for part in _windows(places, window, draw)]
    draw.shuffle(windows)
    windows.sort(key=len)
    batches = [_padded(windows[start : start + batch], laid) for start in range(0, len(windows), batch)]
    draw.shuffle(batches)
    return batches


def _padded(windows: Sequence[Ints], laid: Ints) -> Batch:
    """Windows of two or more places as a batch; `laid` has the items by place, and the padding last."""
    longest = max(len(window) for window in windows)
    places = np.full((len(windows), longest), len(laid) - 1, dtype=np.int64)
    for row, window in zip(places, windows, strict=True):
        row[: len(window)] = window
    items = torch.from_numpy(laid[places])
    return Batch(items[:, :-1], items[:, 1:], torch.from_numpy(places[:, 1:]))


def latest(histories: Sequence[Ints], window: int, padding: int) -> tuple[Tensor, Tensor]:
    """The last `window` items of histories that are not empty, [B, L], and how many each has, [B]."""
    shown = [history[-window:] for history in histories]
    lengths = torch.tensor([len(history) for history in shown])
    items = np.full((len(shown), int(lengths.max())), padding, dtype=np.int64)
    for row, history in zip(items, shown, strict=True):
        row[: len(history)] = history
    return torch.from_numpy(items), lengths


def _windows(places: Ints, window: int, draw: np.random.Generator) -> Iterator[Ints]:
    """Parts of up to window + 1 places, each beginning with the last of the one before."""
    end = len(places)
    first = end if end <= window + 1 else int(draw.integers(2, window + 2))
    start, stop = 0, first
    while stop - start >= 2:
        yield places[start:stop]
        start, stop = stop - 1, min(stop + window, end)
