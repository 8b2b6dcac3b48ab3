"""Any sequence model, with made-up weights, and any question to it."""

from __future__ import annotations

from typing import NamedTuple, get_args

import numpy as np
from hypothesis import strategies as st

from millstream.learning.interactions import Ints
from millstream_tools.lab.sequence.graph_layers import Weights
from millstream_tools.lab.sequence.knobs import Block, SequenceKnobs
from tests.unit.tools.lab.sequence_weights import made_up

NEAR = 2e-4
"""What single precision may differ from double in the logarithm of a score; scores are some tens at most."""


class Asked(NamedTuple):
    """A model and a question to it."""

    knobs: SequenceKnobs
    weights: Weights
    tail: Ints
    excluded: Ints
    limit: int

    @property
    def read(self) -> Ints:
        """The history that the model reads, oldest first."""
        return self.tail[self.tail >= 0][: self.knobs.window][::-1]


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    """Any block; tails of one item, of the window and longer, with unknown items; all excluded but few."""
    items = draw(st.integers(1, 40))
    heads = draw(st.sampled_from([1, 2]))
    knobs = SequenceKnobs(
        block=draw(st.sampled_from(get_args(Block))),
        width=heads * draw(st.sampled_from([3, 4, 8])),
        heads=heads,
        blocks=draw(st.integers(1, 3)),
        window=draw(st.integers(1, 12)),
        temperature=draw(st.sampled_from([None, 0.05, 2.0])),
    )
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    tail = random.permutation(items)[: draw(st.integers(1, 20))]
    tail = np.insert(tail, random.integers(0, len(tail) + 1, draw(st.integers(0, 3))), -1)
    excluded = random.permutation(items)[: draw(st.integers(0, items))]
    excluded = np.insert(excluded, 0, [-1] * draw(st.integers(0, 1)))
    return Asked(knobs, made_up(knobs, items, draw(st.integers(0, 2**32))), tail, excluded, draw(st.integers(1, 50)))
