"""Item matrices as hard as real ones: clusters, much noise, few strong directions, norms that differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_CLUSTERS = 200
_NOISE = 1.5
_SEED = 7


def item_rows(items: int, width: int) -> NDArray[np.float32]:
    """[items, width]; the mean square of the norms is one."""
    random = np.random.default_rng(_SEED)
    centres = random.standard_normal((_CLUSTERS, width), dtype=np.float32)
    rows = centres[random.integers(_CLUSTERS, size=items)]
    rows += np.float32(_NOISE) * random.standard_normal((items, width), dtype=np.float32)
    rows /= np.sqrt(1 + np.arange(width, dtype=np.float32))
    rows *= random.lognormal(0, 0.35, (items, 1)).astype(np.float32)
    rows /= np.sqrt(np.square(rows).sum(axis=1).mean())
    return rows
