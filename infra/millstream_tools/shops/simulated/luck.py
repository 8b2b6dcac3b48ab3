"""The random numbers of a page, drawn before it is played."""

from __future__ import annotations

from typing import NamedTuple


class PageLuck(NamedTuple):
    """The numbers in [0, 1) that decide about one page."""

    kind: float
    walk: float
    choice: float
    cart: float
    purchase: float
    rating: float
    stars: float
    dwell: float
