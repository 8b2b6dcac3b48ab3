"""Families of models by name: how one is made from what a configuration says."""

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
from millstream.learning.families.popularity import Popularity, PopularityKnobs

K = TypeVar("K")


class Family(NamedTuple):
    """A kind of model: from its knobs, by name, and from its folder."""

    made: Callable[[Mapping[str, Any]], Recommender]
    loaded: Callable[[Path], Recommender]


class Families:
    """A table of families, and blends of them."""

    def __init__(self, families: Mapping[str, Family]) -> None:
        self._families = {**families, Blend.name: Family(self._blend, lambda folder: Blend.load(folder, self.loaded))}

    @property
    def names(self) -> tuple[str, ...]:
        """All families."""
        return tuple(self._families)

    def made(self, family: str, knobs: Mapping[str, Any]) -> Recommender:
        """A model that is not fitted. Raises InvalidInputError for an unknown family or knob, or a wrong value."""
        return self._family(family).made(knobs)

    def loaded(self, family: str, folder: Path) -> Recommender:
        """A model of the family that was saved there."""
        return self._family(family).loaded(folder)

    def _family(self, name: str) -> Family:
        if name not in self._families:
            raise InvalidInputError("family", f"one of {', '.join(self._families)}", name)
        return self._families[name]

    def _blend(self, knobs: Mapping[str, Any]) -> Blend:
        """`parts`: a list of mappings with `family`, `weight` and, where wanted, `knobs` and `logarithm`."""
        if set(knobs) != {"parts"}:
            raise InvalidInputError("blend", "the knob parts and no other", ", ".join(knobs) or "none")
        return Blend([self._part(place, **part) for place, part in enumerate(knobs["parts"])])

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
        return Part(self.made(family, knobs or {}), weight, logarithm)


def family(model: Callable[[K], Recommender], knobs: type[K], loaded: Callable[[Path], Recommender]) -> Family:
    """The family of a model that is made from one dataclass of knobs."""
    return Family(lambda named: model(knobs_of(knobs, named)), loaded)


LIGHT: Mapping[str, Family] = {
    Popularity.name: family(Popularity, PopularityKnobs, Popularity.load),
    ItemKnn.name: family(ItemKnn, ItemKnnKnobs, ItemKnn.load),
    Covisitation.name: family(Covisitation, CovisitationKnobs, Covisitation.load),
}
"""Those that need numpy alone."""
