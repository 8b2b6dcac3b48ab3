"""Interactions and histories as sparse matrices of items, the form in which item models count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from millstream_tools.lab.data.interactions import Interactions, Ints

Sparse = Any
"""A scipy.sparse.csr_array; scipy gives no types."""


def user_item(train: Interactions) -> Sparse:
    """Who had to do with what, [users, items]: 1 however often."""
    shape = (len(train.users), len(train.items))
    matrix = sparse.csr_array((np.ones(len(train)), (train.user, train.item)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix


def weighted(histories: Sequence[Ints], items: int, last: int | None = None, decay: float = 1.0) -> Sparse:
    """The latest `last` distinct items of each history (None: all of them), [histories, items].

    The newest weighs 1, each one before it `decay` times the one after it.
    """
    tails = [newest_first(history, last) for history in histories]
    lengths = np.array([len(tail) for tail in tails], np.int64)
    starts = np.concatenate(([0], np.cumsum(lengths)))
    age = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths)
    columns = np.concatenate([np.empty(0, np.int64), *tails])
    return sparse.csr_array((decay**age, columns, starts), shape=(len(histories), items))


def newest_first(history: Ints, last: int | None = None) -> Ints:
    """The distinct items of a history by their latest occurrence, newest first, at most `last`."""
    backwards = history[::-1]
    _, places = np.unique(backwards, return_index=True)
    return np.asarray(backwards[np.sort(places)[:last]], np.int64)


def best_of_each_row(matrix: Sparse, kept: int) -> Sparse:
    """The largest `kept` entries of each row; equal ones by column."""
    matrix.sort_indices()
    bounds = zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)
    chosen = [start + np.argsort(-matrix.data[start:end], kind="stable")[:kept] for start, end in bounds]
    places = np.concatenate([np.empty(0, np.int64), *chosen])
    starts = np.concatenate(([0], np.cumsum([len(row) for row in chosen], dtype=np.int64)))
    return sparse.csr_array((matrix.data[places], matrix.indices[places], starts), shape=matrix.shape)
