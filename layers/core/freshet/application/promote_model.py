"""A model folder becomes a registered version, and a version becomes the champion."""

from __future__ import annotations

from pathlib import Path

from freshet.application.ports import ModelStore, PublishedModel
from freshet.domain.errors import ConflictError


def publish_model(store: ModelStore, model: PublishedModel, folder: Path) -> None:
    """Register a folder; publishing the same version twice is harmless, since a version names its bytes."""
    try:
        store.publish(model, folder)
    except ConflictError:
        known = {registered.version: registered.digest for registered in store.models()}
        if known.get(model.version) != model.digest:
            raise


def promote_model(store: ModelStore, version: str) -> str | None:
    """Flip the pointer to a version and return the one that served before. Raises ConflictError, NotFoundError."""
    before = store.champion()
    if before != version:
        store.promote(version, before)
    return before
