"""Response bodies of the HTTP API."""

from __future__ import annotations

from typing import Any

from millstream.application.collect.accept_events import Receipt
from millstream.domain.slates.slate import Slate, SlateItem


def receipt_body(receipt: Receipt) -> dict[str, Any]:
    """The response of POST /events."""
    return {
        "position": None if receipt.position is None else str(receipt.position),
        "accepted": list(receipt.accepted),
        "rejected": [
            {
                "index": rejection.index,
                "eventId": rejection.event_id,
                "field": rejection.error.field,
                "expected": rejection.error.expected,
                "got": rejection.error.got,
            }
            for rejection in receipt.rejected
        ],
    }


def slate_body(user_id: str | None, slate: Slate) -> dict[str, Any]:
    """The response of POST /recommendations; `userId` is null if the request had none."""
    made_by = slate.provenance
    return {
        "recommendationId": slate.recommendation_id,
        "userId": user_id,
        "itemList": places_body(slate.items),
        "stale": slate.stale,
        "degraded": list(slate.degraded),
        "provenance": {
            "userPosition": None if made_by.user_position is None else str(made_by.user_position),
            "modelVersion": made_by.model_version,
            "policy": made_by.policy,
            "tier": made_by.tier,
            "excludeSeen": made_by.exclude_seen,
        },
    }


def places_body(places: tuple[SlateItem, ...]) -> list[dict[str, Any]]:
    """The items of a slate."""
    return [
        {
            "itemId": place.item.item_id,
            "name": place.item.name,
            "score": float(f"{place.score:.6g}"),
            "source": place.source,
            "reason": place.reason,
            "propensity": place.propensity,
        }
        for place in places
    ]
