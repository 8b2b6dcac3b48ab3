"""Models: storage, registry, scoring."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from millstream.application.ports.unreadable import OnUnreadable
from millstream.domain.attributes import UNKNOWN
from millstream.domain.keys import ItemKey
from millstream.domain.models.cards import Card
from millstream.domain.models.promotions import Promotion
from millstream.domain.slates.slate import Candidate, SeenItems


@dataclass(frozen=True)
class PublishedModel:
    """A registered model: version, digest, and the contents of its folder's description.

    `signature` is the content of `signature.json`: the inputs and outputs of the model's graph.
    """

    version: str
    digest: str
    published_at_ms: int
    card: Card
    signature: Mapping[str, Any]


class ModelStore(Protocol):
    """Stores model folders, their registry, and the promotions."""

    def publish(self, model: PublishedModel, folder: Path, advance: Callable[[int], object] = ...) -> None:
        """Store a folder and then its registry row. Calls `advance` with the number of bytes stored.

        A version never changes. If interrupted, nothing is published, and the same call starts again. Raises
        ConflictError if the version exists.
        """

    def restore(self, version: str, folder: Path, advance: Callable[[int], object] = ...) -> None:
        """Store the files of a registered version again, from a folder with the same bytes. Raises NotFoundError."""

    def model(self, version: str) -> PublishedModel:
        """The registered model of a version. Raises NotFoundError."""

    def models(self, on_unreadable: OnUnreadable = ...) -> Sequence[PublishedModel]:
        """All registered models, the latest created first, without those whose row cannot be read.

        `on_unreadable` is called with their versions and the errors; by default it raises them.
        """

    def champion(self) -> str | None:
        """The serving version, or None."""

    def promotions(self) -> Sequence[Promotion]:
        """The latest KEPT_PROMOTIONS promotions, oldest first; the last one is the champion's."""

    def promote(self, promotion: Promotion) -> None:
        """Record a promotion and make its version the champion, if it follows the latest promotion.

        It follows if its number is the next one and the model that it replaces serves. Raises ConflictError if not,
        NotFoundError for an unknown version.
        """

    def files(self, version: str) -> Collection[str]:
        """The names of the files of a version's stored folder, none if it is gone. Raises UnavailableError."""

    def fetch(self, version: str, into: Path) -> Path:
        """Copy a version's folder below `into` and return its path. Raises NotFoundError, UnavailableError."""


class Scorer(Protocol):
    """A loaded model; immutable, so that it can be replaced while another request uses it."""

    version: str
    tail_items: int
    """How many of a user's latest distinct items it uses."""
    exclude_seen: SeenItems | None
    """Which of a user's items its slates exclude unless a request says otherwise; None: it has no opinion."""

    def recommend(
        self, tail: Sequence[ItemKey], excluded: Collection[ItemKey], limit: int, attributes: Sequence[int] = UNKNOWN
    ) -> list[Candidate]:
        """The best next items for a user's latest distinct items (newest first), best first, none excluded.

        `attributes` are the codes of what is known of the user (domain/attributes.py).
        """

    def similar(self, item: ItemKey, limit: int) -> list[Candidate]:
        """The items that most often follow this one, best first; empty for an unknown item."""
