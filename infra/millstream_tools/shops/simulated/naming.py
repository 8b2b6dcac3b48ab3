"""Gives a product its name, its id and a sentence or two that could stand in a shop."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from millstream_tools.shops.contract import Product
from millstream_tools.shops.simulated.vocabulary import Shelf, Vocabulary

_OPENINGS = (
    "A {style} {kind} in {material}.",
    "The {series} {kind}: {style}, in {material}.",
    "{material_first}, {colour}, and as {style} as the rest of the {series} series.",
    "From the {series} series, a {kind} in {material} with a {colour} finish.",
)
_CLOSINGS = (
    "{use}",
    "{use} Part of our {category} shelf.",
    "{use} Goes with everything else in {series}.",
    "{use} Comes in {colour}.",
)


@dataclass(frozen=True, slots=True)
class Naming:
    """Turns a place in the catalogue into words; `draw` chooses material, colour and phrasing."""

    words: Vocabulary
    draw: np.random.Generator

    def product(self, shelf: Shelf, kind: str, series: int, price: float) -> Product:
        """The product of this kind in this series; `series` is its number."""
        facts = {
            "series": self.words.series[series],
            "style": self.words.styles[series % len(self.words.styles)],
            "kind": kind,
            "material": self._one_of(shelf.materials),
            "colour": self._one_of(self.words.colours),
            "category": shelf.category,
            "use": shelf.use,
        }
        sentence = f"{self._one_of(_OPENINGS)} {self._one_of(_CLOSINGS)}"
        return Product(
            item_id=re.sub(r"[^a-z0-9]+", "-", f"{facts['series']} {kind}".lower()),
            name=f"{facts['series']} {kind}",
            category=shelf.category,
            price=price,
            description=sentence.format(material_first=facts["material"].capitalize(), **facts),
            attributes={name: facts[name] for name in ("series", "style", "material", "colour")},
        )

    def _one_of(self, choices: tuple[str, ...]) -> str:
        return choices[int(self.draw.integers(len(choices)))]
