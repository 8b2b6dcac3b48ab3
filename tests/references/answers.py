"""What a next-items graph answers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class NextItems(NamedTuple):
    """The graph's outputs, [K] each: items best first, their scores, the place in the tail that led most to each."""

    items: NDArray[np.int64]
    scores: NDArray[np.float32]
    because: NDArray[np.int64]
