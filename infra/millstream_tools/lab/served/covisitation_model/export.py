"""Writes the model folder that `millstream.scoring` runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from millstream.domain.models.cards import Cost
from millstream.scoring.signature import FEATURES
from millstream_tools.lab.served.covisitation_model.card import card
from millstream_tools.lab.served.covisitation_model.graph import graph
from millstream_tools.lab.served.covisitation_model.model import CovisitationModel
from millstream_tools.lab.served.export.folder import Exported, write_folder


def export(
    model: CovisitationModel,
    folder: Path,
    *,
    created_at_ms: int,
    metrics: Mapping[str, Mapping[str, float]] | None = None,
    cost: Cost,
) -> Exported:
    """Write the model into `folder`, which is made if need be; the same arguments give the same bytes.

    `metrics` are grouped by protocol. The version depends on the model alone, not on the card.
    """
    return write_folder(
        folder,
        graph(model.neighbours),
        vocabulary=model.vocabulary,
        item_ids=model.item_ids,
        card=card(model, created_at_ms, metrics or {}, cost),
        features=FEATURES._replace(decay=model.config.asked_decay),
    )
