"""The remaining days of a shop, played as fast as the cloud takes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from infra.cli.api import FreshetApi
from infra.demo.preparation import publish_catalogue
from infra.demo.storefront import Storefront
from infra.shops.day import Day
from infra.shops.play import play
from infra.shops.product import Product
from infra.shops.stable_id import stable_fraction
from infra.shops.visit import Visit

CLIENTS = 4
"""Threads: enough to keep two cores busy."""


def play_day(
    day: Day, storefront: Storefront, api: FreshetApi, known: dict[str, Product], advance: Callable[[int], None]
) -> None:
    """Change the catalogue as the shop does in the morning, then let everybody visit.

    Visits of one customer are played in order by one client; the first error of a client is raised. `advance` hears of
    each visit.
    """
    retired = [replace(known[item_id], available=False) for item_id in day.retired if item_id in known]
    known.update({product.item_id: product for product in day.new_products})
    publish_catalogue(api, [*day.new_products, *retired], lambda _: None)
    queues: list[list[Visit]] = [[] for _ in range(CLIENTS)]
    for visit in day.visits:
        queues[int(stable_fraction(0, "client", visit.user_id) * CLIENTS) % CLIENTS].append(visit)
    enough = threading.Event()
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(_play_all, queue, storefront, advance, enough) for queue in queues]
        try:
            for client in clients:
                client.result()
        finally:
            # After Ctrl-C, or the first error, the other clients end with the visit that they are at.
            enough.set()


def _play_all(
    visits: Sequence[Visit], storefront: Storefront, advance: Callable[[int], None], enough: threading.Event
) -> None:
    for visit in visits:
        if enough.is_set():
            return
        play(visit, storefront)
        advance(1)
