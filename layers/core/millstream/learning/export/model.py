"""Export a fitted model as a model folder. Each family defines its own part of the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.domain.keys import item_key
from millstream.domain.slates.slate import SeenItems
from millstream.learning.export.folder import Exported, write_folder
from millstream.learning.export.origin import Origin
from millstream.learning.export.served import ServedPart
from millstream.learning.interactions import Ints
from millstream.scoring.signature import FEATURES
from millstream.scoring.vocabulary import Vocabulary, words


@runtime_checkable
class Servable(Protocol):
    """A model that can be served."""

    name: str

    def check_servable(self) -> None:
        """Raise InvalidInputError if a model with these knobs cannot be served. It need not be fitted."""

    def served(self, place: Ints) -> ServedPart:
        """The served form; `place` [items] is the index of each catalogue item in the vocabulary."""

    def card_knobs(self) -> Mapping[str, Any]:
        """The knobs for the model's card."""


def check_servable(model: object) -> None:
    """Raise InvalidInputError for a model that cannot be served. It need not be fitted."""
    if not isinstance(model, Servable):
        raise InvalidInputError("family", "one that can be served", getattr(model, "name", model))
    model.check_servable()


def export(
    model: Servable, item_ids: Sequence[str], folder: Path, origin: Origin, exclude_seen: SeenItems | None = None
) -> Exported:
    """Write a fitted model of the catalogue `item_ids` into `folder`; the same arguments give the same bytes.

    `exclude_seen` is what slates exclude by default with this model. The version depends on the model alone, not on the
    card. Raises InvalidInputError if two ids have the same key.
    """
    order = order_of(item_ids)
    served = model.served(np.argsort(order))
    return write_served(served, [item_ids[place] for place in order], folder, origin, model.card_knobs(), exclude_seen)


def write_served(
    served: ServedPart,
    item_ids: Sequence[str],
    folder: Path,
    origin: Origin,
    knobs: Mapping[str, Any],
    exclude_seen: SeenItems | None = None,
) -> Exported:
    """Write a served form with the items `item_ids`, in the order of their keys."""
    return write_folder(
        folder,
        served.built(),
        vocabulary=Vocabulary(words([item_key(item_id) for item_id in item_ids])),
        item_ids=item_ids,
        card=origin.card(served.algorithm, len(item_ids), knobs),
        features=FEATURES._replace(items=served.tail_items, decay=served.decay),
        exclude_seen=exclude_seen,
    )


def order_of(item_ids: Sequence[str]) -> Ints:
    """The indices of the ids in the order of their keys, which is that of a vocabulary."""
    return np.argsort(words([item_key(item_id) for item_id in item_ids]))
