"""The HTTP client of the demo: sends customers' events, requests recommendations, and measures both."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from millstream.domain.keys import item_key
from millstream.domain.log.positions import Position, parse_position
from millstream.domain.slates.exclusions import excluded_items, past_of
from millstream.domain.slates.slate import SeenItems
from millstream_tools.demo.baselines import FrozenProfile, Popularity
from millstream_tools.demo.measures import Counts, Samples
from millstream_tools.demo.mirror import Mirror
from millstream_tools.demo.translation import call_body
from millstream_tools.explained import ExplainedError
from millstream_tools.ops.client import MillstreamApi
from millstream_tools.shops.contract.stable_id import stable_fraction
from millstream_tools.shops.contract.steps import Behaved, Probed, Shown, Slate

SENT_TWICE = 0.01
"""The fraction of calls that the client repeats, as after a timeout."""

SPOILT = 0.005
"""The fraction of calls with one event of an unknown type."""

PATIENCE_S = 60.0
PAUSE_S = 0.1
"""Seconds between retries; every answer is logged, so fast retries would be most of the load."""

AT_ONCE_S = 0.05
"""Only a request right after its events can measure how soon they are visible."""

TOP = 10


class NeverVisibleError(ExplainedError):
    """An accepted event was not reflected in recommendations in time."""


@dataclass(frozen=True)
class Baselines:
    """The baselines."""

    popularity: Popularity
    decayed: Popularity
    frozen: FrozenProfile

    def learn(self, item_ids: list[str]) -> None:
        """Count events in both popularities."""
        self.popularity.learn(item_ids)
        self.decayed.learn(item_ids)


@dataclass
class Storefront:
    """Plays a shop's visits against a deployed API; shared by threads for different users."""

    api: MillstreamApi
    mirror: Mirror
    baselines: Baselines
    exclude_seen: str
    counts: Counts = field(default_factory=Counts)
    latency: Samples = field(default_factory=Samples)
    freshness: Samples = field(default_factory=Samples)
    _written: dict[str, tuple[Position, float]] = field(default_factory=dict)
    _arm: dict[str, str] = field(default_factory=dict)

    def accept(self, step: Behaved) -> None:
        """Send these events; some calls twice and some with an invalid event, as real clients do."""
        call = call_body(step.behaviours)
        draw = stable_fraction(0, "storefront", step.behaviours[0].event_id)
        if draw < SPOILT:
            call["eventList"] = [*call["eventList"][:19], {"eventType": "ItemTeleported", "itemId": "nowhere"}]
        for _ in range(2 if draw >= 1 - SENT_TWICE else 1):
            self._send(call)
        self.baselines.learn([behaviour.item_id for behaviour in step.behaviours])
        self._note_reaction(step)

    def show(self, step: Shown) -> Slate:
        """The slate of the customer's arm: the recommender's, or the shop's."""
        slate = self._ours(step) if step.house_slate is None else Slate(step.house_slate)
        self._arm[step.user_id] = step.arm
        value = step.truth(slate.item_ids)
        self.counts.add(f"shown {step.arm}")
        self.counts.add(f"true clicks {step.arm}", value.click)
        self.counts.add(f"true purchases {step.arm}", value.purchase)
        return slate

    def probe(self, step: Probed) -> None:
        """Count whether the target is among the first ten, live and for each baseline."""
        answer = self.ask(step.user_id, TOP, step.at)
        target = item_key(step.target)
        past = past_of(self.mirror.state(step.user_id))
        excluded = excluded_items(past, SeenItems(self.exclude_seen), round(step.at * 1000))
        tops = {
            "live": [item_key(item["itemId"]) for item in answer["itemList"]],
            "popularity": self.baselines.popularity.best(TOP, excluded),
            "decayed popularity": self.baselines.decayed.best(TOP, excluded),
            "frozen profile": self.baselines.frozen.best(self.mirror.frozen_tail(step.user_id), TOP, excluded),
        }
        self.counts.add("probes")
        for name, top in tops.items():
            self.counts.add(f"hits {name}", target in top)

    def ask(self, user_id: str, n: int, at: float) -> dict[str, Any]:
        """Request until the answer reflects the user's last accepted event; record the times.

        `at` is the time in the shop, which plays in the past.
        """
        position, accepted_at = self._written.pop(user_id, (None, 0.0))
        comes_at_once = time.perf_counter() - accepted_at < AT_ONCE_S
        while True:
            asked_at = time.perf_counter()
            answer = self.api.recommendations(
                user_id, n=n, excludeSeen=self.exclude_seen, minPosition=position and str(position), sentAt=at
            )
            answered_at = time.perf_counter()
            self.latency.add(answered_at - asked_at)
            if not answer["stale"]:
                break
            self.counts.add("stale answers")
            if answered_at - accepted_at > PATIENCE_S:
                raise NeverVisibleError(f"position {position} of {user_id} not visible after {PATIENCE_S:g} s")
            time.sleep(PAUSE_S)
        if position and comes_at_once:
            self.freshness.add(answered_at - accepted_at)
        return answer

    def _ours(self, step: Shown) -> Slate:
        answer = self.ask(step.user_id, step.n, step.at)
        return Slate(tuple(item["itemId"] for item in answer["itemList"]), answer["recommendationId"])

    def _send(self, call: dict[str, Any]) -> None:
        receipt = self.api.send_events(call["userId"], call["sessionId"], call["eventList"])
        position = parse_position(receipt["position"])
        self._written[call["userId"]] = (position, time.perf_counter())
        self.mirror.accepted(call, position)
        self.counts.add("calls")
        self.counts.add("sent", len(call["eventList"]))
        self.counts.add("accepted", len(receipt["accepted"]))
        self.counts.add("rejected", len(receipt["rejected"]))

    def _note_reaction(self, step: Behaved) -> None:
        """Count a customer's actions after a click on a slate for the arm that showed it."""
        if any(behaviour.impression for behaviour in step.behaviours):
            arm = self._arm[step.behaviours[0].user_id]
            for behaviour in step.behaviours:
                self.counts.add(f"{behaviour.event_type.value} {arm}")
