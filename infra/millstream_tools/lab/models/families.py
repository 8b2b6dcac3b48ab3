"""All families of models by name: how one is made from what a configuration says."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

from millstream.domain.errors import InvalidInputError
from millstream_tools.lab.content.hybrid import Hybrid, HybridKnobs
from millstream_tools.lab.content.recommender import Content, content_knobs, with_texts
from millstream_tools.lab.knobs import knobs_of
from millstream_tools.lab.models.blend import Blend, Part
from millstream_tools.lab.models.bpr import Bpr, BprKnobs
from millstream_tools.lab.models.contract import Recommender
from millstream_tools.lab.models.covisitation import Covisitation, CovisitationKnobs
from millstream_tools.lab.models.decayed_popularity import DecayedPopularity, DecayedPopularityKnobs
from millstream_tools.lab.models.ease import Ease, EaseKnobs
from millstream_tools.lab.models.ials import Ials, IalsKnobs
from millstream_tools.lab.models.item_knn import ItemKnn, ItemKnnKnobs
from millstream_tools.lab.models.popularity import Popularity, PopularityKnobs
from millstream_tools.lab.models.random_order import RandomOrder


class Family(NamedTuple):
    """A kind of model: from its knobs, by name, and from its folder."""

    made: Callable[[Mapping[str, Any]], Recommender]
    loaded: Callable[[Path], Recommender]


def made(family: str, knobs: Mapping[str, Any]) -> Recommender:
    """A model that has not been fitted. Raises InvalidInputError for an unknown family or knob, or a wrong value."""
    return _family(family).made(knobs)


def loaded(family: str, folder: Path) -> Recommender:
    """A model of the family that was saved there."""
    return _family(family).loaded(folder)


def _family(name: str) -> Family:
    if name not in FAMILIES:
        raise InvalidInputError("family", f"one of {', '.join(FAMILIES)}", name)
    return FAMILIES[name]


def _blend(knobs: Mapping[str, Any]) -> Blend:
    """`parts`: a list of mappings with `family`, `weight` and, where wanted, `knobs` and `logarithm`."""
    if set(knobs) != {"parts"}:
        raise InvalidInputError("blend", "the knob parts and no other", ", ".join(knobs) or "none")
    return Blend([_part(place, **part) for place, part in enumerate(knobs["parts"])])


def _part(
    place: int, family: str, weight: float, knobs: Mapping[str, Any] | None = None, logarithm: float | None = None
) -> Part:
    if not isinstance(weight, int | float):
        raise InvalidInputError(f"parts[{place}].weight", "a number", weight)
    if logarithm is not None and not (isinstance(logarithm, int | float) and logarithm > 0):
        raise InvalidInputError(f"parts[{place}].logarithm", "a number above 0", logarithm)
    return Part(made(family, knobs or {}), weight, logarithm)


def _hybrid(knobs: Mapping[str, Any]) -> Hybrid:
    """`base`: a mapping with `family` and, where they are not the defaults, `knobs`; then those of HybridKnobs."""
    checked = knobs_of(HybridKnobs, with_texts(knobs))
    return Hybrid(checked, made(checked.base["family"], checked.base.get("knobs") or {}))


def _random(knobs: Mapping[str, Any]) -> RandomOrder:
    if knobs:
        raise InvalidInputError("random", "no knobs", ", ".join(knobs))
    return RandomOrder()


def _neural(name: str, module: str, model: str, knobs_kind: str) -> Family:
    """A family that needs PyTorch: its module is imported when the first such model is made."""

    def found(attribute: str) -> Any:
        try:
            return getattr(importlib.import_module(f"millstream_tools.lab.{module}"), attribute)
        except ModuleNotFoundError as missing:
            if missing.name and missing.name.partition(".")[0] in ("millstream", "millstream_tools"):
                raise
            raise InvalidInputError("family", "PyTorch, by pip install -e '.[lab,neural]'", name) from missing

    return Family(
        lambda knobs: cast("Recommender", found(model)(knobs_of(found(knobs_kind), knobs))),
        lambda folder: cast("Recommender", found(model).load(folder)),
    )


FAMILIES: Mapping[str, Family] = {
    "popularity": Family(lambda knobs: Popularity(knobs_of(PopularityKnobs, knobs)), Popularity.load),
    "random": Family(_random, RandomOrder.load),
    "decayed_popularity": Family(
        lambda knobs: DecayedPopularity(knobs_of(DecayedPopularityKnobs, knobs)), DecayedPopularity.load
    ),
    "item_knn": Family(lambda knobs: ItemKnn(knobs_of(ItemKnnKnobs, knobs)), ItemKnn.load),
    "covisitation": Family(lambda knobs: Covisitation(knobs_of(CovisitationKnobs, knobs)), Covisitation.load),
    "ease": Family(lambda knobs: Ease(knobs_of(EaseKnobs, knobs)), Ease.load),
    "ials": Family(lambda knobs: Ials(knobs_of(IalsKnobs, knobs)), Ials.load),
    "bpr": Family(lambda knobs: Bpr(knobs_of(BprKnobs, knobs)), Bpr.load),
    "autoencoder": _neural("autoencoder", "models.autoencoder", "Autoencoder", "AutoencoderKnobs"),
    "lightgcn": _neural("lightgcn", "models.lightgcn", "LightGcn", "LightGcnKnobs"),
    "sequence": _neural("sequence", "sequence.recommender", "SequenceRecommender", "SequenceKnobs"),
    "blend": Family(_blend, lambda folder: Blend.load(folder, loaded)),
    "content": Family(lambda knobs: Content(content_knobs(knobs)), Content.load),
    "hybrid": Family(_hybrid, lambda folder: Hybrid.load(folder, loaded)),
}
