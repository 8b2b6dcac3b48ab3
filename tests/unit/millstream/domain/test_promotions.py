"""One promotion follows another: by its number, and by the model that it replaces."""

from __future__ import annotations

import pytest

from millstream.domain.models.promotions import Promotion
from tests.builders import NOW_MS

LATEST = Promotion(3, "b", "a", NOW_MS)


@pytest.mark.parametrize(
    ("number", "replaced", "latest", "follows"),
    [
        (4, "b", LATEST, True),
        (4, "a", LATEST, False),
        (4, None, LATEST, False),
        (3, "b", LATEST, False),
        (5, "b", LATEST, False),
        (1, None, None, True),
        (1, "a", None, False),
        (2, None, None, False),
    ],
)
def test_a_promotion_follows_the_latest_one(
    number: int, replaced: str | None, latest: Promotion | None, follows: bool
) -> None:
    """One that was meant for another state of the registry does not."""
    assert Promotion(number, "c", replaced, NOW_MS).follows(latest) is follows
