"""Randomness with a name: a draw depends on what it is for, never on what was drawn before it elsewhere.

Counter-based generators make this cheap: the key is a hash of the name, so no generator has to be advanced or shared
(Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
"""

from __future__ import annotations

import numpy as np

from millstream_tools.shops.contract import stable_id


def chance(seed: int, *purpose: str | int) -> np.random.Generator:
    """The stream of random numbers for this purpose under this seed."""
    key = np.frombuffer(bytes.fromhex(stable_id(seed, *purpose)), dtype="<u8").astype(np.uint64)
    return np.random.Generator(np.random.Philox(key=key))
