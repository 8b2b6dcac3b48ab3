"""Writes a sequence model as the folder that `millstream.scoring` runs. Needs no PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from millstream.domain.errors import InvalidInputError
from millstream.learning.export.folder import Exported
from millstream.learning.export.model import order_of, write_served
from millstream.learning.export.origin import Origin
from millstream.learning.families import stored
from millstream.learning.families.knobs import knobs_of
from millstream.learning.interactions import Ints
from millstream_tools.lab.sequence.graph import ServedSequence, ToGraph, graph
from millstream_tools.lab.sequence.graph_layers import Weights
from millstream_tools.lab.sequence.knobs import SequenceKnobs

ALGORITHM = "sequence"


def export(
    knobs: SequenceKnobs,
    weights: Weights,
    item_ids: Sequence[str],
    folder: Path,
    origin: Origin,
    *,
    to_graph: ToGraph = graph,
    algorithm: str = ALGORITHM,
) -> Exported:
    """Write the model into `folder`, which is made if need be; the same arguments give the same bytes.

    `item_ids` name the rows of `item.weight`, all but the last. `to_graph` and `algorithm` are of ServedSequence. The
    version depends on the model alone, not on the card. Raises InvalidInputError where ids and rows are not as many, or
    two ids have one key.
    """
    if len(item_ids) != len(weights["item.weight"]) - 1:
        raise InvalidInputError("item_ids", f"{len(weights['item.weight']) - 1}, one a row", len(item_ids))
    order = order_of(item_ids)
    served = ServedSequence(knobs, in_order(weights, order), to_graph, algorithm)
    return write_served(served, [item_ids[place] for place in order], folder, origin, asdict(knobs))


def in_order(weights: Weights, order: Ints) -> Weights:
    """The same weights with the rows of items in this order."""
    return {**weights, "item.weight": weights["item.weight"][[*order, len(order)]]}


def saved(folder: Path) -> tuple[SequenceKnobs, Weights]:
    """The knobs and weights that `SequenceRecommender.save` wrote. Raises InvalidInputError for another model."""
    knobs, arrays = stored.load(folder, ALGORITHM)
    return knobs_of(SequenceKnobs, knobs), arrays
