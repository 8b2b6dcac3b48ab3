"""Publish, promote and roll back models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from millstream.application.ports import Clock, ModelStore, PublishedModel
from millstream.domain.errors import ConflictError, InvalidRecordError, NotFoundError
from millstream.domain.models.promotions import Promotion, champion_before

Check = Callable[[ModelStore, str], object]
"""Raises if what is stored of a published model cannot serve."""


class Publication(NamedTuple):
    """A registered model; `fresh` is False if it was registered before, and `restored` if its files were damaged."""

    model: PublishedModel
    fresh: bool
    restored: bool = False


def publish_model(
    store: ModelStore,
    model: PublishedModel,
    folder: Path,
    check: Check,
    advance: Callable[[int], object] = lambda _: None,
) -> Publication:
    """Register a model folder. Registering the same model again only replaces stored files that `check` refuses.

    Calls `advance` with the number of bytes stored. Raises ConflictError if another model has the same version.
    """
    try:
        store.publish(model, folder, advance)
    except ConflictError as error:
        known = store.model(model.version)
        if known.digest != model.digest:
            message = f"{model.version} is another model: its digest is {known.digest}, not {model.digest}"
            raise ConflictError(message) from error
        try:
            check(store, model.version)
        except InvalidRecordError:
            store.restore(model.version, folder, advance)
            return Publication(known, fresh=False, restored=True)
        return Publication(known, fresh=False)
    return Publication(model, fresh=True)


def promote_model(store: ModelStore, clock: Clock, check: Check, version: str) -> Promotion | None:
    """Make a version the champion; None if it already is.

    Raises ConflictError, NotFoundError, and what `check` raises.
    """
    store.model(version)
    promotions = store.promotions()
    before, number = (promotions[-1].version, promotions[-1].number) if promotions else (None, 0)
    if before == version:
        return None
    check(store, version)
    promotion = Promotion(number + 1, version, before, clock.now_ms())
    store.promote(promotion)
    return promotion


def roll_back_model(store: ModelStore, clock: Clock, check: Check) -> Promotion:
    """Return to the model that served before the champion was promoted. Repeat to go further back.

    Raises NotFoundError if no such model is known, ConflictError if another promotion happens at the same time, and
    what `check` raises.
    """
    promotions = store.promotions()
    if not promotions:
        raise NotFoundError("no model serves, so there is nothing to roll back")
    latest, before = promotions[-1], champion_before(promotions)
    if before is None:
        raise NotFoundError(f"no earlier model than {latest.version} is known")
    check(store, before)
    promotion = Promotion(latest.number + 1, before, latest.version, clock.now_ms(), rolled_back=True)
    store.promote(promotion)
    return promotion
