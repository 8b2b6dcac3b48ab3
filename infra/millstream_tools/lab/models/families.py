"""All families of models: the light ones that are deployed, and those that need the lab's libraries."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from millstream.domain.errors import InvalidInputError
from millstream.learning.families.contract import Recommender
from millstream.learning.families.families import LIGHT, Families, Family, family
from millstream.learning.families.knobs import knobs_of
from millstream_tools.lab.content.hybrid import Hybrid, HybridKnobs
from millstream_tools.lab.content.recommender import Content, content_knobs, with_texts
from millstream_tools.lab.models.bpr import Bpr, BprKnobs
from millstream_tools.lab.models.decayed_popularity import DecayedPopularity, DecayedPopularityKnobs
from millstream_tools.lab.models.ease import Ease, EaseKnobs
from millstream_tools.lab.models.ials import Ials, IalsKnobs
from millstream_tools.lab.models.random_order import RandomOrder


def create(family: str, knobs: Mapping[str, Any]) -> Recommender:
    """See Families."""
    return ALL.create(family, knobs)


def load(family: str, folder: Path) -> Recommender:
    """See Families."""
    return ALL.load(family, folder)


def _hybrid(knobs: Mapping[str, Any]) -> Hybrid:
    """`base`: a mapping with `family` and, where they are not the defaults, `knobs`; then those of HybridKnobs."""
    checked = knobs_of(HybridKnobs, with_texts(knobs))
    return Hybrid(checked, create(checked.base["family"], checked.base.get("knobs") or {}))


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


ALL = Families(
    {
        **LIGHT,
        "random": Family(_random, RandomOrder.load),
        "decayed_popularity": family(DecayedPopularity, DecayedPopularityKnobs, DecayedPopularity.load),
        "ease": family(Ease, EaseKnobs, Ease.load),
        "ials": family(Ials, IalsKnobs, Ials.load),
        "bpr": family(Bpr, BprKnobs, Bpr.load),
        "autoencoder": _neural("autoencoder", "models.autoencoder", "Autoencoder", "AutoencoderKnobs"),
        "lightgcn": _neural("lightgcn", "models.lightgcn", "LightGcn", "LightGcnKnobs"),
        "sequence": _neural("sequence", "sequence.recommender", "SequenceRecommender", "SequenceKnobs"),
        "content": Family(lambda knobs: Content(content_knobs(knobs)), Content.load),
        "hybrid": Family(_hybrid, lambda folder: Hybrid.load(folder, load)),
    }
)
