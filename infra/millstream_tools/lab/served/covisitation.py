"""The lab's co-visitation as the graph that the shop's own has: the best neighbours of each item, with their scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from millstream.domain.keys import item_key
from millstream.scoring.signature import FEATURES
from millstream.scoring.vocabulary import Vocabulary, words
from millstream_tools.lab.models.covisitation import Covisitation
from millstream_tools.lab.sequence.export import order_of
from millstream_tools.lab.served.covisitation_model.card import ALGORITHM
from millstream_tools.lab.served.covisitation_model.config import CovisitationConfig
from millstream_tools.lab.served.covisitation_model.counts import WeightedPairs
from millstream_tools.lab.served.covisitation_model.graph import graph
from millstream_tools.lab.served.covisitation_model.neighbours import best_neighbours, scored
from millstream_tools.lab.served.export.folder import Exported, write_folder
from millstream_tools.lab.served.export.origin import Origin


def export_covisitation(model: Covisitation, item_ids: Sequence[str], folder: Path, origin: Origin) -> Exported:
    """Write a fitted model of the catalogue `item_ids` into `folder`; the same arguments give the same bytes.

    Where an item has more neighbours than the shop's model keeps, the best of them are kept, and the card says how
    many. Raises InvalidInputError where two ids have one key.
    """
    config = CovisitationConfig(out_smoothing=model.knobs.out_smoothing, in_smoothing=model.knobs.in_smoothing)
    order = order_of(item_ids)
    item_ids = [item_ids[place] for place in order]
    pairs = _numbered(model, np.argsort(order))
    return write_folder(
        folder,
        graph(best_neighbours(pairs, scored(pairs, len(order), config), len(order), config)),
        vocabulary=Vocabulary(words([item_key(item_id) for item_id in item_ids])),
        item_ids=item_ids,
        card=origin.card(ALGORITHM, len(item_ids), {**asdict(model.knobs), "neighbours": config.neighbours}, seed=None),
        features=FEATURES._replace(items=model.knobs.last, decay=model.knobs.asked_decay),
    )


def _numbered(model: Covisitation, rows: np.typing.NDArray[np.int64]) -> WeightedPairs:
    """What the model counted, between places in the vocabulary; `rows` [N] are those of the items."""
    sources, targets, weights = model.pairs()
    return WeightedPairs(rows[sources], rows[targets], weights)
