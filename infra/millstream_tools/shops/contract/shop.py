"""The interface of a shop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

from millstream_tools.shops.contract.behaviour import Behaviour
from millstream_tools.shops.contract.day import Day
from millstream_tools.shops.contract.product import Product
from millstream_tools.shops.contract.showcase import Showcase

SeenPolicy = Literal["none", "session", "purchased", "all"]
"""Which items of the customer's past a recommendation leaves out, as `exclude_seen` takes it."""


class Shop(Protocol):
    """A history up to a cut in time and a live stream after it; the same seed gives the same shop."""

    @property
    def name(self) -> str:
        """The display name."""

    @property
    def exclude_seen(self) -> SeenPolicy:
        """The seen-item policy that suits this shop."""

    def summary(self) -> Sequence[str]:
        """Lines to print: what is in it, what was dropped and why."""

    def products(self) -> Sequence[Product]:
        """The catalogue at the cut."""

    def history(self) -> Iterator[Behaviour]:
        """Everything before the cut, in time order."""

    def days(self) -> Iterator[Day]:
        """The live stream after the cut, day by day."""

    def showcase(self) -> Showcase:
        """An example customer whose next events change their interests."""
