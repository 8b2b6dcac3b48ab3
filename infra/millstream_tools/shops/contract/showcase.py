"""An example customer."""

from __future__ import annotations

from dataclasses import dataclass

from millstream_tools.shops.contract.behaviour import Behaviour


@dataclass(frozen=True, slots=True)
class Showcase:
    """A customer and the few events that they send next: ask, send `behaviours`, ask again, and compare.

    `reason` says in a sentence why this customer, to be printed.
    """

    user_id: str
    behaviours: tuple[Behaviour, ...]
    reason: str
