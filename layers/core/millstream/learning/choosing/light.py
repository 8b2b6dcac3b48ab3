"""The spaces of the families that need numpy alone; they are tried on every shop, also inside a Lambda function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from millstream.learning.choosing.shop import Shop
from millstream.learning.choosing.spaces import Space
from millstream.learning.families.covisitation import Covisitation
from millstream.learning.families.item_knn import ItemKnn
from millstream.learning.families.popularity import Popularity
from millstream.learning.families.segments import Segments
from millstream.learning.families.session_knn import SessionKnn

_COVISITATION: dict[str, Sequence[Any]] = {
    "reach": (2, 3, 5, 10, 20),
    "decay": (0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
    "backward": (0.0, 0.3, 0.5, 0.7, 1.0),
    "out_smoothing": (1.0, 3.0, 10.0, 30.0, 100.0),
    "out_exponent": (0.3, 0.5, 0.7, 1.0),
    "in_smoothing": (3.0, 10.0, 30.0, 100.0, 300.0),
    "in_exponent": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7),
    "neighbours": (100, 200, 400),
    "last": (1, 2, 3, 5, 10, 20, 50),
    "asked_decay": (0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0),
}
_DAYS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
_GAPS_S = (600.0, 3_600.0, 86_400.0, 7 * 86_400.0)


def light_spaces(shop: Shop) -> list[Space]:
    """The spaces for a shop; knobs of time only where events have times and last long enough."""
    days = [one for one in _DAYS if shop.days is not None and one < shop.days]
    timed: dict[str, Sequence[Any]] = {}
    if days:
        timed = {"half_life_days": (*days, None), "gap_half_life_s": (*_GAPS_S, None)}
    return [
        Space(Covisitation.name, _COVISITATION | timed, turns=4),
        Space(
            ItemKnn.name,
            {
                "neighbours": (50, 100, 200, 400),
                "shrink": (0.0, 3.0, 10.0, 20.0, 50.0, 100.0),
                "decay": (0.4, 0.6, 0.7, 0.8, 0.9, 1.0),
                "last": (5, 10, 20, 50),
            },
            start={"shrink": 10.0, "decay": 0.7, "last": 20},
        ),
        Space(
            SessionKnn.name,
            {
                "neighbours": (30, 100, 300),
                "last": (3, 5, 10, 20),
                "decay": (0.4, 0.6, 0.8, 0.9),
                "spread": (0.6, 0.8, 0.9, 1.0),
                "asked_idf": (0.0, 0.5, 1.0),
                "idf": (0.0, 0.25, 0.5, 1.0),
                "item_sessions": (100, 200, 400),
                **({"half_life_days": (*days, None)} if days else {}),
            },
            turns=2,
        ),
        Space(Popularity.name, {"last_days": (*days, None)}, start={"last_days": days[-1] if days else None}),
        *(_segments(days) if any(shop.attributes) else ()),
    ]


def _segments(days: Sequence[float]) -> list[Space]:
    knobs: dict[str, Sequence[Any]] = {"smoothing": (100.0, 300.0, 1_000.0, 3_000.0, 10_000.0)}
    return [
        Space(Segments.name, {**knobs, "last_days": (*days, None)}, start={"smoothing": 1_000.0, "last_days": None})
    ]
