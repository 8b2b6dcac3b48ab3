"""The strong peer: a plain loop, no validation, no framework."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from tests.bench.peers.views import Views

Loads = Callable[[bytes], Any]


def fold_plainly(event: dict[str, Any], views: Views, loads: Loads) -> None:
    """Fold a batch of one-event JSON records."""
    fold = views.fold
    for record in event["Records"]:
        behaviour = loads(base64.b64decode(record["kinesis"]["data"]))
        fold(
            behaviour["user_id"],
            behaviour["event_id"],
            behaviour["kind"],
            behaviour["item_id"],
            behaviour["occurred_at_ms"],
        )
