"""The card of a co-visitation model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict

from millstream.adapters.local.fold_code import fold_code
from millstream.domain.models.cards import Card, Cost, LogRange
from millstream.scoring.signature import FEATURES
from millstream_tools.lab.served.covisitation_model.model import CovisitationModel

ALGORITHM = "covisitation"
_ID_BYTES = 16


def card(model: CovisitationModel, created_at_ms: int, metrics: Mapping[str, Mapping[str, float]], cost: Cost) -> Card:
    """The model's card; `metrics` are grouped by the name of the protocol by which they were measured."""
    return Card(
        algorithm=ALGORITHM,
        created_at_ms=created_at_ms,
        training_set=training_set(model.log),
        vocabulary_items=len(model.vocabulary),
        cost=cost,
        knobs=asdict(model.config),
        metrics=metrics,
        log=model.log,
    )


def training_set(log: LogRange) -> str:
    """The id of these records as this code folds and reads them; what was erased or voided since gives another id."""
    made_of = {"log": log.digest, "foldCode": fold_code(), "featureSet": FEATURES._asdict()}
    text = json.dumps(made_of, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=_ID_BYTES).hexdigest()
