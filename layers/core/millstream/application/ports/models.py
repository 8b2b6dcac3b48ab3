"""Models: stored, registered, asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from millstream.domain.keys import ItemKey
from millstream.domain.models.cards import Card
from millstream.domain.models.promotions import Promotion
from millstream.domain.slates.slate import Candidate


@dataclass(frozen=True)
class PublishedModel:
    """A registry row: a version, the digest that names it, and what its folder says of it.

    `signature` is the content of `signature.json`: what the model's graph takes and gives.
    """

    version: str
    digest: str
    published_at_ms: int
    card: Card
    signature: Mapping[str, Any]


class ModelStore(Protocol):
    """Model folders, their registry, and which of them served when."""

    def publish(self, model: PublishedModel, folder: Path, advance: Callable[[int], object] = ...) -> None:
        """Store a folder and then its registry row; a version is never changed. `advance` hears how many more bytes.

        Stopped on the way, nothing is published, and the same call again begins anew. Raises ConflictError if the
        version exists.
        """

    def model(self, version: str) -> PublishedModel:
        """What is registered under this version. Raises NotFoundError."""

    def models(self) -> Sequence[PublishedModel]:
        """Every registered model; the one that was made last comes first."""

    def champion(self) -> str | None:
        """The version that serves."""

    def promotions(self) -> Sequence[Promotion]:
        """The latest KEPT_PROMOTIONS promotions, oldest first; the last one is the champion's."""

    def promote(self, promotion: Promotion) -> None:
        """Make a version the champion, and remember that, if `promotion` follows the latest one of the store.

        It follows it if its number is the next one, and the model that it replaces serves. Raises ConflictError,
        NotFoundError for a version that is not registered.
        """

    def fetch(self, version: str, into: Path) -> Path:
        """Copy a version's folder below `into` and return its path. Raises NotFoundError, UnavailableError."""


class Scorer(Protocol):
    """A model that can be asked; immutable, so that it can be swapped while another request uses it."""

    version: str
    tail_items: int
    """How many of a user's latest distinct items it reads; more are not needed."""

    def recommend(self, tail: Sequence[ItemKey], excluded: Collection[ItemKey], limit: int) -> list[Candidate]:
        """The best next items for a user's latest distinct items (newest first), best first, none excluded."""

    def similar(self, item: ItemKey, limit: int) -> list[Candidate]:
        """The items that most often follow this one, best first; empty for an item the model does not know."""
