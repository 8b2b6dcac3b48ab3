"""The words that products are made of, read from `vocabulary.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Shelf:
    """One category; the fields are explained at the top of `vocabulary.toml`."""

    category: str
    kinds: tuple[str, ...]
    materials: tuple[str, ...]
    price: tuple[float, float]
    peak: float
    swing: float
    goes_with: str
    use: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All words of the shop."""

    styles: tuple[str, ...]
    colours: tuple[str, ...]
    series: tuple[str, ...]
    shelves: tuple[Shelf, ...]


@cache
def vocabulary() -> Vocabulary:
    """The shop's words; read once."""
    words = tomllib.loads((files("millstream_tools.shops.simulated") / "vocabulary.toml").read_text(encoding="utf-8"))
    shelves = (
        Shelf(**{**shelf, **{field: tuple(shelf[field]) for field in ("kinds", "materials", "price")}})
        for shelf in words["shelves"]
    )
    return Vocabulary(tuple(words["styles"]), tuple(words["colours"]), tuple(words["series"]), tuple(shelves))
