"""The model card: where a model came from, how good it is, and what it cost; for people and for the gate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import NamedTuple

from infra.trainer.covisitation.model import CovisitationModel
from infra.trainer.covisitation.replay import LogRange

ALGORITHM = "covisitation"
FORMAT = 1


class Cost(NamedTuple):
    """What making the model took, in seconds."""

    wall_s: float
    cpu_s: float


def card(model: CovisitationModel, created_at_ms: int, metrics: Mapping[str, Mapping[str, float]], cost: Cost) -> str:
    """The text of `card.json`; `metrics` are grouped by the name of the protocol by which they were measured."""
    content = {
        "format": FORMAT,
        "algorithm": ALGORITHM,
        "created_at_ms": created_at_ms,
        "parameters": asdict(model.config),
        "log": _log(model.log),
        "vocabulary_items": len(model.vocabulary),
        "metrics": {protocol: dict(values) for protocol, values in metrics.items()},
        "seed": None,
        "cost": cost._asdict(),
    }
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def _log(log: LogRange) -> dict[str, object]:
    return {
        "shards": [{"first": str(first), "last": str(last)} for first, last in log.shards],
        "records": log.records,
        "unreadable_records": log.unreadable,
        "events": log.events,
        "users": log.users,
        "digest": log.digest,
    }
