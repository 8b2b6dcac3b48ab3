"""Write model folders for `millstream.scoring`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from millstream.domain.models.cards import Card
from millstream.domain.slates.slate import SeenItems
from millstream.learning.export.parts import Built
from millstream.scoring.model_folder import (
    CARD,
    SIGNATURE,
    SUMS,
    VOCABULARY_IDS,
    VOCABULARY_KEYS,
    digest_of,
    sums_of,
    version_name,
)
from millstream.scoring.signature import FEATURES, NEXT_ITEMS_OUTPUTS, FeatureSet, Signature
from millstream.scoring.vocabulary import Vocabulary


class Exported(NamedTuple):
    """A written model folder, its digest (SHA-256, hexadecimal) and the version that the digest names."""

    folder: Path
    version: str
    digest: str


def write_folder(
    folder: Path,
    built: Built,
    *,
    vocabulary: Vocabulary,
    item_ids: Sequence[str],
    card: Card,
    features: FeatureSet = FEATURES,
    exclude_seen: SeenItems | None = None,
) -> Exported:
    """Write a next-items model into `folder`, creating it if needed. The same arguments give the same bytes.

    `item_ids` are in the order of the vocabulary. The version depends on the model alone, not on the card.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keys = vocabulary.tobytes()
    signature = Signature(
        algorithm=card.algorithm,
        opset=built.graph.opset_import[0].version,
        inputs=built.inputs,
        outputs=NEXT_ITEMS_OUTPUTS,
        vocabulary_items=len(vocabulary),
        vocabulary_digest=hashlib.sha256(keys).hexdigest(),
        features=features,
        exclude_seen=exclude_seen,
    )
    built.write(folder)
    (folder / VOCABULARY_KEYS).write_bytes(keys)
    (folder / VOCABULARY_IDS).write_text("".join(f"{json.dumps(item_id)}\n" for item_id in item_ids))
    (folder / SIGNATURE).write_text(signature.to_json())
    (folder / CARD).write_text(card.to_json())
    (folder / SUMS).write_text(sums_of(folder))
    digest = digest_of(folder)
    return Exported(folder, version_name(card.algorithm, digest), digest)
