"""One customer's stay in the shop."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol

from millstream_tools.shops.contract.steps import Slate, Step

Steps = Generator[Step, Slate | None, None]
"""Yields steps; must be sent a `Slate` in answer to `Shown` and None in answer to anything else."""


class Visit(Protocol):
    """A stay that can be played: visits of different users in any order or at once, those of one user in order.

    Each call of `steps` plays the same visit afresh: what happens depends on the visit and on the slates sent in.
    """

    @property
    def user_id(self) -> str:
        """The user's id."""

    @property
    def started_at(self) -> float:
        """The start of the visit, in epoch seconds."""

    def steps(self) -> Steps:
        """Play the visit from its beginning."""
