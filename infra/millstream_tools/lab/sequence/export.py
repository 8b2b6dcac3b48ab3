"""Writes a sequence model as the folder that `millstream.scoring` runs. Needs no PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.domain.keys import item_key
from millstream.scoring.signature import FEATURES
from millstream.scoring.vocabulary import Vocabulary, words
from millstream_tools.lab.data.interactions import Ints
from millstream_tools.lab.knobs import knobs_of
from millstream_tools.lab.models import stored
from millstream_tools.lab.sequence.blend_graph import ItemToItem, blended_graph
from millstream_tools.lab.sequence.graph import graph
from millstream_tools.lab.sequence.graph_layers import Weights
from millstream_tools.lab.sequence.knobs import SequenceKnobs
from millstream_tools.lab.served.export.folder import Exported, write_folder
from millstream_tools.lab.served.export.origin import Origin
from millstream_tools.lab.served.export.parts import Built

ALGORITHM = "sequence"
BLEND = "sequence-blend"

ToGraph = Callable[[SequenceKnobs, Weights], Built]


def export(
    knobs: SequenceKnobs,
    weights: Weights,
    item_ids: Sequence[str],
    folder: Path,
    origin: Origin,
    *,
    to_graph: ToGraph = graph,
    algorithm: str = ALGORITHM,
    tail_items: int | None = None,
) -> Exported:
    """Write the model into `folder`, which is made if need be; the same arguments give the same bytes.

    `item_ids` name the rows of `item.weight`, all but the last. `to_graph` may be another form of the same model, such
    as `quantized.quantized_graph`; `algorithm` then says which. `tail_items` is how much of a user's past is read where
    it is not the window. The version depends on the model alone, not on the card. Raises InvalidInputError where ids
    and rows are not as many, or two ids have one key.
    """
    if len(item_ids) != len(weights["item.weight"]) - 1:
        raise InvalidInputError("item_ids", f"{len(weights['item.weight']) - 1}, one a row", len(item_ids))
    order = order_of(item_ids)
    item_ids = [item_ids[place] for place in order]
    rows = weights["item.weight"][[*order, len(order)]]
    return write_folder(
        folder,
        to_graph(knobs, {**weights, "item.weight": rows}),
        vocabulary=Vocabulary(words([item_key(item_id) for item_id in item_ids])),
        item_ids=item_ids,
        card=origin.card(algorithm, len(item_ids), asdict(knobs), origin.seed),
        features=FEATURES._replace(items=tail_items or knobs.window),
    )


def export_blend(
    knobs: SequenceKnobs,
    weights: Weights,
    weight: float,
    others: Sequence[ItemToItem],
    item_ids: Sequence[str],
    folder: Path,
    origin: Origin,
) -> Exported:
    """Write a blend of `weight` times a sequence model and others, whose rows `item_ids` name too; see `export`."""
    order = order_of(item_ids)
    ordered = [other.in_order(order) for other in others]

    def to_graph(knobs: SequenceKnobs, weights: Weights) -> Built:
        return blended_graph(knobs, weights, weight, ordered)

    tail_items = max(knobs.window, *(other.last for other in others))
    return export(knobs, weights, item_ids, folder, origin, to_graph=to_graph, algorithm=BLEND, tail_items=tail_items)


def saved(folder: Path) -> tuple[SequenceKnobs, Weights]:
    """The knobs and weights that `SequenceRecommender.save` wrote. Raises InvalidInputError for another model."""
    knobs, arrays = stored.load(folder, ALGORITHM)
    return knobs_of(SequenceKnobs, knobs), arrays


def order_of(item_ids: Sequence[str]) -> Ints:
    """The places of the ids in the order of their keys, which is that of a vocabulary."""
    return np.argsort(words([item_key(item_id) for item_id in item_ids]))
