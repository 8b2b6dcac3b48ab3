"""Models: stored, registered, asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from freshet.domain.keys import ItemKey
from freshet.domain.slates import Candidate


@dataclass(frozen=True)
class PublishedModel:
    """A registry row: what a version is and how good it was when it was made."""

    version: str
    algorithm: str
    created_at_ms: int
    digest: str
    metrics: Mapping[str, float] = field(default_factory=dict)


class ModelStore(Protocol):
    """Model folders, their registry, and the pointer to the one that serves."""

    def publish(self, model: PublishedModel, folder: Path) -> None:
        """Store a folder and its registry row; a version is never changed. Raises ConflictError if it exists."""
        ...

    def champion(self) -> str | None:
        """The version that serves."""
        ...

    def promote(self, version: str, expected: str | None) -> None:
        """Make a version the champion if `expected` still is. Raises ConflictError, NotFoundError."""
        ...

    def models(self) -> Sequence[PublishedModel]:
        """Every registered model, newest first."""
        ...

    def fetch(self, version: str, into: Path) -> Path:
        """Copy a version's folder below `into` and return its path. Raises NotFoundError, UnavailableError."""
        ...


class Scorer(Protocol):
    """A model that can be asked; immutable, so that it can be swapped while another request uses it."""

    version: str

    def recommend(self, tail: Sequence[ItemKey], excluded: Collection[ItemKey], limit: int) -> list[Candidate]:
        """The best next items for a user's latest distinct items (newest first), best first, none excluded."""
        ...

    def similar(self, item: ItemKey, limit: int) -> list[Candidate]:
        """The items that most often follow this one, best first; empty for an item the model does not know."""
        ...
