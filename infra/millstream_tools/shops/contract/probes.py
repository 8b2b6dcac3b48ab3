"""Sampling of events for the evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from millstream_tools.shops.contract.stable_id import stable_fraction


@dataclass(frozen=True, slots=True)
class ProbeSample:
    """A seeded sample of events that depends on the event's id alone, so every run and every thread agrees on it.

    An event is in the sample when its hash falls at or under `threshold`, a fraction of all events.
    """

    seed: int
    threshold: float

    @classmethod
    def at_rate(cls, seed: int, wanted: int, expected_events: float) -> ProbeSample:
        """A sample of about `wanted` of the events that are expected, where they cannot be listed beforehand."""
        return cls(seed, wanted / expected_events if expected_events > 0 else 0.0)

    @classmethod
    def of_exactly(cls, seed: int, wanted: int, event_ids: Iterable[str]) -> ProbeSample:
        """The sample of exactly `wanted` of these events (all of them, where there are fewer)."""
        fractions = sorted(stable_fraction(seed, "probe", event_id) for event_id in event_ids)
        if wanted <= 0 or not fractions:
            return cls(seed, -1.0)
        return cls(seed, fractions[min(wanted, len(fractions)) - 1])

    def holds(self, event_id: str) -> bool:
        """Whether this event is in the sample."""
        return stable_fraction(self.seed, "probe", event_id) <= self.threshold
