"""A model folder becomes a registered version, a version becomes the champion, and the one before it serves again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from millstream.application.ports import Clock, ModelStore, PublishedModel
from millstream.domain.errors import ConflictError, NotFoundError
from millstream.domain.models.promotions import Promotion, champion_before


class Publication(NamedTuple):
    """A model as the registry has it; `fresh` is False where it was there already."""

    model: PublishedModel
    fresh: bool


def publish_model(
    store: ModelStore, model: PublishedModel, folder: Path, advance: Callable[[int], object] = lambda _: None
) -> Publication:
    """Register a folder. The same model a second time changes nothing: what was said of it first stays.

    Raises ConflictError if another model has its version. `advance` hears how many more bytes are stored.
    """
    try:
        store.publish(model, folder, advance)
    except ConflictError as error:
        known = store.model(model.version)
        if known.digest != model.digest:
            told = f"{model.version} is another model: its digest is {known.digest}, this one's is {model.digest}"
            raise ConflictError(told) from error
        return Publication(known, fresh=False)
    return Publication(model, fresh=True)


def promote_model(store: ModelStore, clock: Clock, version: str) -> Promotion | None:
    """Make a version the champion; None if it serves already. Raises ConflictError, NotFoundError."""
    store.model(version)
    promotions = store.promotions()
    before, number = (promotions[-1].version, promotions[-1].number) if promotions else (None, 0)
    if before == version:
        return None
    promotion = Promotion(number + 1, version, before, clock.now_ms())
    store.promote(promotion)
    return promotion


def roll_back_model(store: ModelStore, clock: Clock) -> Promotion:
    """Let the model serve again that served before the champion was promoted; once more goes further back.

    Raises NotFoundError if nobody remembers such a model, ConflictError if somebody promotes one at the same moment.
    """
    promotions = store.promotions()
    if not promotions:
        raise NotFoundError("no model serves, so there is none to go back from")
    latest, before = promotions[-1], champion_before(promotions)
    if before is None:
        raise NotFoundError(f"no model is known to have served before {latest.version}")
    promotion = Promotion(latest.number + 1, before, latest.version, clock.now_ms(), rolled_back=True)
    store.promote(promotion)
    return promotion
