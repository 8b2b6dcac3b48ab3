"""Plays the remaining days of a shop, as fast as the cloud accepts them."""

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
"""Number of threads: a client mostly waits until its own events are visible, so two cores can run several."""

Waiting = queue.SimpleQueue[Sequence[Visit]]
"""The day's remaining customers, each with their visits in order."""


def play_day(
    day: Day, storefront: Storefront, api: MillstreamApi, known: dict[str, Product], advance: Callable[[int], None]
) -> None:
    """Update the catalogue for the day, then play all visits.

    Visits of one customer are played in order by one client; the first error of a client is raised. Calls `advance`
    after each visit.
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
        # After Ctrl-C, or the first error, the other clients finish their current visits and end.
        for client in clients:
            client.enough = True


class _Client(threading.Thread):
    """A client thread. A daemon, so that Ctrl-C does not wait for it."""

    def __init__(self, waiting: Waiting, storefront: Storefront, advance: Callable[[int], None]) -> None:
        super().__init__(name="client", daemon=True)
        self.enough = False
        self._waiting, self._storefront, self._advance = waiting, storefront, advance
        self._error: Exception | None = None

    def run(self) -> None:
        """Play customers until none is left, each customer's visits in order."""
        try:
            while not self.enough:
                for visit in self._waiting.get_nowait():
                    play(visit, self._storefront)
                    self._advance(1)
        except queue.Empty:
            return
        except Exception as error:  # noqa: BLE001  # `wait` raises it in the main thread
            self._error = error

    def wait(self) -> None:
        """Wait until all visits are played; raise the error that ended them early."""
        while self.is_alive():
            self.join(0.2)  # short timeouts, so that Ctrl-C works on every platform
        if self._error is not None:
            raise self._error


def _by_user(visits: Sequence[Visit]) -> Iterable[Sequence[Visit]]:
    """The visits of each customer, in order; customers by their first visit."""
    of_user: dict[str, list[Visit]] = {}
    for visit in visits:
        of_user.setdefault(visit.user_id, []).append(visit)
    return of_user.values()
