"""Model families by name: creating models from configurations, and loading them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from millstream.domain.errors import InvalidInputError
from millstream.learning.families.blend import Blend, Part
from millstream.learning.families.contract import Recommender
from millstream.learning.families.covisitation import Covisitation, CovisitationKnobs
from millstream.learning.families.item_knn import ItemKnn, ItemKnnKnobs
from millstream.learning.families.knobs import knobs_of
from millstream.learning.families.own_items import OwnItems, OwnItemsKnobs
from millstream.learning.families.popularity import Popularity, PopularityKnobs
from millstream.learning.families.segments import Segments, SegmentsKnobs
from millstream.learning.families.session_knn import SessionKnn, SessionKnnKnobs

K = TypeVar("K")


class Family(NamedTuple):
    """A kind of model: created from its knobs, loaded from its folder."""

    create: Callable[[Mapping[str, Any]], Recommender]
    load: Callable[[Path], Recommender]


class Families:
    """A registry of families, including blends of them."""

    def __init__(self, families: Mapping[str, Family]) -> None:
        self._families = {**families, Blend.name: Family(self._blend, lambda folder: Blend.load(folder, self.load))}

    @property
    def names(self) -> tuple[str, ...]:
        """All families."""
        return tuple(self._families)

    def create(self, family: str, knobs: Mapping[str, Any]) -> Recommender:
        """Create an unfitted model. Raises InvalidInputError for an unknown family or knob, or an invalid value."""
        return self._family(family).create(knobs)

    def load(self, family: str, folder: Path) -> Recommender:
        """Load a model of the family from a folder."""
        return self._family(family).load(folder)

    def _family(self, name: str) -> Family:
        if name not in self._families:
            raise InvalidInputError("family", f"one of {', '.join(self._families)}", name)
        return self._families[name]

    def _blend(self, knobs: Mapping[str, Any]) -> Blend:
        """`parts`: a list of mappings with `family`, `weight` and optionally `knobs` and `logarithm`; and `scaled`."""
        if not {"parts"} <= set(knobs) <= {"parts", "scaled"}:
            raise InvalidInputError("blend", "the knobs parts and, if needed, scaled", ", ".join(knobs) or "none")
        parts, scaled = knobs["parts"], knobs.get("scaled", False)
        if not isinstance(scaled, bool):
            raise InvalidInputError("scaled", "true or false", scaled)
        if not isinstance(parts, list) or not all(map(_is_part, parts)):
            raise InvalidInputError(
                "parts", "a list of {family: NAME, weight: NUMBER}, with knobs and logarithm", parts
            )
        return Blend([self._part(place, **part) for place, part in enumerate(parts)], scaled=scaled)

    def _part(
        self,
        place: int,
        family: str,
        weight: float,
        knobs: Mapping[str, Any] | None = None,
        logarithm: float | None = None,
    ) -> Part:
        if not isinstance(weight, int | float):
            raise InvalidInputError(f"parts[{place}].weight", "a number", weight)
        if logarithm is not None and not (isinstance(logarithm, int | float) and logarithm > 0):
            raise InvalidInputError(f"parts[{place}].logarithm", "a number above 0", logarithm)
        return Part(self.create(family, knobs or {}), weight, logarithm)


def _is_part(stated: object) -> bool:
    names = {"family", "weight", "knobs", "logarithm"}
    return isinstance(stated, dict) and {"family", "weight"} <= stated.keys() <= names


def family(model: Callable[[K], Recommender], knobs: type[K], load: Callable[[Path], Recommender]) -> Family:
    """The family of a model with one dataclass of knobs."""
    return Family(lambda named: model(knobs_of(knobs, named)), load)


LIGHT: Mapping[str, Family] = {
    Popularity.name: family(Popularity, PopularityKnobs, Popularity.load),
    ItemKnn.name: family(ItemKnn, ItemKnnKnobs, ItemKnn.load),
    Covisitation.name: family(Covisitation, CovisitationKnobs, Covisitation.load),
    OwnItems.name: family(OwnItems, OwnItemsKnobs, OwnItems.load),
    SessionKnn.name: family(SessionKnn, SessionKnnKnobs, SessionKnn.load),
    Segments.name: family(Segments, SegmentsKnobs, Segments.load),
}
"""The families that need only numpy."""
