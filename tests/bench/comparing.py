"""The table that the benchmarks of the stream share: CPU per event beside an idiomatic and a strong peer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.measuring import Timing
from tests.bench.reporting import Gate, Table
from tests.bench.trace import Cut

COLUMNS = ("", "events a record", "µs/event median", "best", "idiomatic ÷ this", "best ÷ best", "strong ÷ this")


@dataclass(frozen=True)
class Compared:
    """Timings of whole batches, with the batch of each; `idiomatic` and `strong` are the places of the peers."""

    timings: Sequence[Timing]
    cuts: Sequence[Cut]
    idiomatic: int
    strong: int

    def table(self, title: str) -> Table:
        """One row a contender."""
        per_event = self._per_event()
        rows = (
            (
                timing.name,
                used.events / len(used.batch),
                1e6 * timing.median,
                1e6 * timing.best,
                timing.ratio_to(per_event[self.idiomatic]),
                timing.best_ratio_to(per_event[self.idiomatic]),
                timing.ratio_to(per_event[self.strong]),
            )
            for timing, used in zip(per_event, self.cuts, strict=True)
        )
        return Table(title, COLUMNS, tuple(rows))

    def gates(self, first: int, ratio: float, peer: str) -> tuple[Gate, ...]:
        """The promise for each contender from place `first` on."""
        per_event = self._per_event()
        return tuple(
            Gate(
                f"{timing.name}: {ratio:g} times less CPU per event than {peer}",
                f"{reached:.1f} times",
                reached >= ratio,
            )
            for timing in per_event[first:]
            for reached in (timing.ratio_to(per_event[self.idiomatic]),)
        )

    def _per_event(self) -> list[Timing]:
        return [timing.per(used.events) for timing, used in zip(self.timings, self.cuts, strict=True)]
