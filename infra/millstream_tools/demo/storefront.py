"""The client of the demo: sends what customers do, asks what to show them, and times both. HTTP only."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from millstream.domain.keys import item_key
from millstream.domain.log.positions import Position, parse_position
from millstream.domain.slates.eligibility import excluded_items
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
"""The share of calls that the client repeats, as one does after a time-out."""

SPOILT = 0.005
"""The share of calls that carry one event of a type that nobody knows."""

PATIENCE_S = 60.0
PAUSE_S = 0.1
"""Between asking and asking again; every answer is logged, so impatience would be most of the load."""

AT_ONCE_S = 0.05
"""Only a question that follows its events at once can tell how soon they are visible; a later visit cannot."""

TOP = 10


class NeverVisibleError(ExplainedError):
    """An accepted event did not show in a recommendation in time."""


@dataclass(frozen=True)
class Baselines:
    """What is asked beside the live recommendations."""

    popularity: Popularity
    decayed: Popularity
    frozen: FrozenProfile

    def learn(self, item_ids: list[str]) -> None:
        """Both popularities see every event, as it happens."""
        self.popularity.learn(item_ids)
        self.decayed.learn(item_ids)


@dataclass
class Storefront:
    """Plays a shop's visits against a deployed API; shared by the threads that play different users."""

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
        """Send these events; some calls twice and some spoilt, because real clients do that."""
        call = call_body(step.behaviours)
        draw = stable_fraction(0, "storefront", step.behaviours[0].event_id)
        if draw < SPOILT:
            call["eventList"] = [*call["eventList"][:19], {"eventType": "ItemTeleported", "itemId": "nowhere"}]
        for _ in range(2 if draw >= 1 - SENT_TWICE else 1):
            self._send(call)
        self.baselines.learn([behaviour.item_id for behaviour in step.behaviours])
        self._note_reaction(step)

    def show(self, step: Shown) -> Slate:
        """The slate of the customer's arm: the recommender's, or the one that the shop chose."""
        slate = self._ours(step) if step.house_slate is None else Slate(step.house_slate)
        self._arm[step.user_id] = step.arm
        value = step.truth(slate.item_ids)
        self.counts.add(f"shown {step.arm}")
        self.counts.add(f"true clicks {step.arm}", value.click)
        self.counts.add(f"true purchases {step.arm}", value.purchase)
        return slate

    def probe(self, step: Probed) -> None:
        """Would the target have been in the first ten, live, and by each baseline?"""
        answer = self.ask(step.user_id, TOP)
        target = item_key(step.target)
        excluded = excluded_items(self.mirror.state(step.user_id), SeenItems(self.exclude_seen))
        tops = {
            "live": [item_key(item["itemId"]) for item in answer["itemList"]],
            "popularity": self.baselines.popularity.best(TOP, excluded),
            "decayed popularity": self.baselines.decayed.best(TOP, excluded),
            "frozen profile": self.baselines.frozen.best(self.mirror.frozen_tail(step.user_id), TOP, excluded),
        }
        self.counts.add("probes")
        for name, top in tops.items():
            self.counts.add(f"hits {name}", target in top)

    def ask(self, user_id: str, n: int) -> dict[str, Any]:
        """Ask until the answer reflects the user's last accepted event; note how long that took, and each call."""
        position, accepted_at = self._written.pop(user_id, (None, 0.0))
        comes_at_once = time.perf_counter() - accepted_at < AT_ONCE_S
        while True:
            asked_at = time.perf_counter()
            answer = self.api.recommendations(
                user_id, n=n, exclude_seen=self.exclude_seen, min_position=str(position) if position else None
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
        answer = self.ask(step.user_id, step.n)
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
        """What a customer did on a page that began with a click on a slate counts for the arm that showed it."""
        if any(behaviour.impression for behaviour in step.behaviours):
            arm = self._arm[step.behaviours[0].user_id]
            for behaviour in step.behaviours:
                self.counts.add(f"{behaviour.event_type.value} {arm}")
