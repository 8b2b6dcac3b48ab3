"""The fitted model in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from millstream.domain.models.cards import LogRange
from millstream.scoring.vocabulary import Vocabulary
from millstream_tools.lab.served.covisitation_model.config import CovisitationConfig


@dataclass(frozen=True)
class Neighbours:
    """What follows each item, best first, M items each at most, with one empty row at the end.

    `items` [N+1, M] i32 are indices into the vocabulary and N where a row has no more. `scores` [N+1, M] f16 are the
    scores times `scale`, a power of two that brings the largest near the top of what a half can hold, so that small
    scores keep their 11 bits.
    """

    items: NDArray[np.int32]
    scores: NDArray[np.float16]
    scale: float


@dataclass(frozen=True)
class CovisitationModel:
    """A vocabulary of N items, their neighbours, and what they were fitted on. `item_ids` are in vocabulary order."""

    vocabulary: Vocabulary
    item_ids: tuple[str, ...]
    neighbours: Neighbours
    config: CovisitationConfig
    log: LogRange
