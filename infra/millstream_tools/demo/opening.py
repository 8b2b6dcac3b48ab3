"""One customer's recommendations before and after their next events."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from millstream_tools.demo.storefront import TOP, Storefront
from millstream_tools.shops.contract.showcase import Showcase
from millstream_tools.shops.contract.steps import in_batches


@dataclass(frozen=True)
class Opening:
    """One customer's recommendations before and after their next events."""

    user_id: str
    reason: str
    before: dict[str, Any]
    sent: list[dict[str, str]]
    after: dict[str, Any]
    visible_after_ms: float

    @property
    def changed(self) -> bool:
        """Whether the recommendations differ and reflect a later position."""
        positions = [answer["provenance"]["userPosition"] for answer in (self.before, self.after)]
        return _ids(self.before) != _ids(self.after) and positions[0] != positions[1]

    @property
    def arrived(self) -> list[str]:
        """The new items."""
        return [item_id for item_id in _ids(self.after) if item_id not in _ids(self.before)]

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "changed": self.changed}


def open_with(showcase: Showcase, storefront: Storefront, names: dict[str, str]) -> Opening:
    """Get recommendations, send events, and get recommendations that reflect them."""
    before = storefront.ask(showcase.user_id, TOP, showcase.behaviours[0].occurred_at)
    for step in in_batches(showcase.behaviours):
        storefront.accept(step)
    accepted_at = time.perf_counter()
    after = storefront.ask(showcase.user_id, TOP, showcase.behaviours[-1].occurred_at)
    visible_after_ms = (time.perf_counter() - accepted_at) * 1000
    sent = [
        {"eventType": behaviour.event_type.value, "name": names.get(behaviour.item_id, behaviour.item_id)}
        for behaviour in showcase.behaviours
    ]
    return Opening(showcase.user_id, showcase.reason, before, sent, after, visible_after_ms)


def _ids(answer: dict[str, Any]) -> list[str]:
    return [item["itemId"] for item in answer["itemList"]]
