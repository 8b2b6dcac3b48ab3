"""Writes the model folder that `freshet.scoring` runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from freshet.domain.model_cards import Cost
from freshet.scoring.model_folder import (
    CARD,
    GRAPH,
    MATRICES,
    SIGNATURE,
    SUMS,
    VOCABULARY_IDS,
    VOCABULARY_KEYS,
    digest_of,
    sums_of,
    version_name,
)
from freshet.scoring.signature import NEXT_ITEMS_INPUTS, NEXT_ITEMS_OUTPUTS, Signature
from infra.trainer.covisitation.card import ALGORITHM, card
from infra.trainer.covisitation.graph import OPSET, graph, matrices
from infra.trainer.covisitation.model import CovisitationModel


class Exported(NamedTuple):
    """A written model folder, its digest (SHA-256, hexadecimal) and the version that the digest names."""

    folder: Path
    version: str
    digest: str


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
    folder.mkdir(parents=True, exist_ok=True)
    keys = model.vocabulary.tobytes()
    signature = Signature(
        algorithm=ALGORITHM,
        opset=OPSET,
        inputs=NEXT_ITEMS_INPUTS,
        outputs=NEXT_ITEMS_OUTPUTS,
        vocabulary_items=len(model.vocabulary),
        vocabulary_digest=hashlib.sha256(keys).hexdigest(),
    )
    (folder / GRAPH).write_bytes(graph(model.neighbours).SerializeToString(deterministic=True))
    (folder / MATRICES).write_bytes(matrices(model.neighbours))
    (folder / VOCABULARY_KEYS).write_bytes(keys)
    (folder / VOCABULARY_IDS).write_text("".join(f"{json.dumps(item_id)}\n" for item_id in model.item_ids))
    (folder / SIGNATURE).write_text(signature.to_json())
    (folder / CARD).write_text(card(model, created_at_ms, metrics or {}, cost).to_json())
    (folder / SUMS).write_text(sums_of(folder))
    digest = digest_of(folder)
    return Exported(folder, version_name(ALGORITHM, digest), digest)
