"""The report of a demo run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from millstream_tools.demo.opening import Opening
from millstream_tools.demo.proof import Proof
from millstream_tools.demo.reconciliation import Reconciliation
from millstream_tools.demo.storefront import Storefront

BASELINES = ("live", "frozen profile", "decayed popularity", "popularity")
ARMS = ("millstream", "popular", "random")


@dataclass(frozen=True)
class ArmReport:
    """The results of one arm of the simulated shop."""

    arm: str
    shown: int
    clicks: int
    purchases: int
    true_click_rate: float
    true_purchase_rate: float

    @property
    def click_rate(self) -> float:
        """Clicks per slate."""
        return self.clicks / self.shown

    @property
    def purchase_rate(self) -> float:
        """Purchases per slate."""
        return self.purchases / self.shown


@dataclass(frozen=True)
class Report:
    """The whole run; times are of the local cloud on this machine and say nothing about AWS."""

    shop: str
    model_version: str
    opening: Opening
    reconciliation: Reconciliation
    stream_seconds: float
    events_per_second: float
    freshness_ms: dict[str, float | None]
    latency_ms: dict[str, float | None]
    stale_answers: int
    probes: int
    hit_at_10: dict[str, float]
    arms: tuple[ArmReport, ...]
    proof: Proof
    wall_seconds: float

    @property
    def problems(self) -> tuple[str, ...]:
        """The reasons why the run failed; empty for a success."""
        found = []
        if not self.opening.changed:
            found.append(f"the next events of {self.opening.user_id} did not change the answer")
        if not self.reconciliation.adds_up:
            found.append(f"the events do not add up: {self.reconciliation}")
        if not self.proof.holds:
            found.append(f"the views do not match the log: {self.proof}")
        return tuple(found)

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        arms = [{**asdict(arm), "click_rate": arm.click_rate, "purchase_rate": arm.purchase_rate} for arm in self.arms]
        return {
            **asdict(self),
            "opening": self.opening.as_json(),
            "arms": arms,
            "proof": {**asdict(self.proof), "holds": self.proof.holds},
            "problems": list(self.problems),
        }


def hit_rates(storefront: Storefront) -> dict[str, float]:
    """The fraction of probes whose target was among the first ten."""
    probes = storefront.counts["probes"]
    return {name: storefront.counts[f"hits {name}"] / probes for name in BASELINES} if probes else {}


def arm_reports(storefront: Storefront) -> tuple[ArmReport, ...]:
    """The arms that were shown."""
    counts = storefront.counts
    return tuple(
        ArmReport(
            arm=arm,
            shown=int(shown),
            clicks=int(counts[f"ItemViewed {arm}"]),
            purchases=int(counts[f"ItemPurchased {arm}"]),
            true_click_rate=counts[f"true clicks {arm}"] / shown,
            true_purchase_rate=counts[f"true purchases {arm}"] / shown,
        )
        for arm in ARMS
        if (shown := counts[f"shown {arm}"])
    )
