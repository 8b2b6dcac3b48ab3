"""The remaining days of a shop, played as fast as the cloud takes them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from millstream_tools.demo.preparation import publish_catalogue
from millstream_tools.demo.storefront import Storefront
from millstream_tools.ops.client import MillstreamApi
from millstream_tools.shops.contract.day import Day
from millstream_tools.shops.contract.play import play
from millstream_tools.shops.contract.product import Product
from millstream_tools.shops.contract.visit import Visit

CLIENTS = 8
"""Threads: a client mostly waits until its own events are visible, so two cores carry several."""

Waiting = queue.SimpleQueue[Sequence[Visit]]
"""The day's customers who have not been served yet, each with their visits in order."""


def play_day(
    day: Day, storefront: Storefront, api: MillstreamApi, known: dict[str, Product], advance: Callable[[int], None]
) -> None:
    """Change the catalogue as the shop does in the morning, then let everybody visit.

    Visits of one customer are played in order by one client; the first error of a client is raised. `advance` hears of
    each visit.
    """
    retired = [replace(known[item_id], available=False) for item_id in day.retired if item_id in known]
    known.update({product.item_id: product for product in day.new_products})
    publish_catalogue(api, [*day.new_products, *retired], lambda _: None)
    waiting: Waiting = queue.SimpleQueue()
    for visits in _by_user(day.visits):
        waiting.put(visits)
    clients = [_Client(waiting, storefront, advance) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        for client in clients:
            client.wait()
    finally:
        # After Ctrl-C, or the first error, the other clients end with the visit that they are at.
        for client in clients:
            client.enough = True


class _Client(threading.Thread):
    """One client at work. A daemon: whoever presses Ctrl-C waits for nobody."""

    def __init__(self, waiting: Waiting, storefront: Storefront, advance: Callable[[int], None]) -> None:
        super().__init__(name="client", daemon=True)
        self.enough = False
        self._waiting, self._storefront, self._advance = waiting, storefront, advance
        self._error: Exception | None = None

    def run(self) -> None:
        """Play one customer after the other, each customer's visits in order, until nobody waits."""
        try:
            while not self.enough:
                for visit in self._waiting.get_nowait():
                    play(visit, self._storefront)
                    self._advance(1)
        except queue.Empty:
            return
        except Exception as error:  # noqa: BLE001  # whatever it is, `wait` raises it where it is heard
            self._error = error

    def wait(self) -> None:
        """Return when all visits are played; raises what ended them early."""
        while self.is_alive():
            self.join(0.2)  # in short steps, which Ctrl-C can interrupt on every platform
        if self._error is not None:
            raise self._error


def _by_user(visits: Sequence[Visit]) -> Iterable[Sequence[Visit]]:
    """The visits of each customer, in order; customers by their first visit."""
    of_user: dict[str, list[Visit]] = {}
    for visit in visits:
        of_user.setdefault(visit.user_id, []).append(visit)
    return of_user.values()
