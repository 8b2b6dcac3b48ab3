"""Interactions and histories as sparse matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from millstream.learning.families.item_to_item import newest_first
from millstream.learning.interactions import Interactions, Ints

Sparse = Any
"""A scipy.sparse.csr_array; scipy gives no types."""


def user_item(train: Interactions) -> Sparse:
    """The binary user-item matrix, [users, items]."""
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
