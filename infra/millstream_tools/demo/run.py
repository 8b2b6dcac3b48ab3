"""Runs the demo."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from rich.console import Console

from millstream_tools.cloud.local.deployment import Deployment
from millstream_tools.demo import preparation, screen
from millstream_tools.demo.baselines import HALF_LIFE_EVENTS, FrozenProfile, Popularity
from millstream_tools.demo.live_stream import play_day
from millstream_tools.demo.mirror import Mirror
from millstream_tools.demo.opening import Opening, open_with
from millstream_tools.demo.proof import prove
from millstream_tools.demo.reconciliation import reconcile
from millstream_tools.demo.report import Report, arm_reports, hit_rates
from millstream_tools.demo.storefront import Baselines, Storefront
from millstream_tools.ops.client import MillstreamApi
from millstream_tools.ops.stack import Stack, local_stack
from millstream_tools.shops.contract.product import Product
from millstream_tools.shops.contract.shop import Shop


def run_demo(shop: Shop, deployment: Deployment, console: Console) -> Report:
    """Play a shop against a deployed, empty stack. Raises ApiError, NeverVisibleError, NotServingError."""
    began = time.perf_counter()
    api = MillstreamApi(deployment.api_url, deployment.api_key)
    stack = local_stack(deployment)
    storefront = _prepared(shop, api, stack, console)
    known = {product.item_id: product for product in shop.products()}
    names = {item_id: product.name for item_id, product in known.items()}
    opening = open_with(shop.showcase(), storefront, names)
    screen.print_opening(console, opening)
    seconds = _play(shop, storefront, api, known, console)
    return _reported(shop, storefront, stack, opening, seconds, began, console)


def _prepared(shop: Shop, api: MillstreamApi, stack: Stack, console: Console) -> Storefront:
    """Publish the shop's catalogue, import its history, and fit and promote a model."""
    console.print(f"[bold]{shop.name}[/]")
    for line in shop.summary():
        console.print(f"   {line}")
    products, history = list(shop.products()), list(shop.history())
    with screen.progress(console) as bars:
        publishing = bars.add_task("Publishing the catalogue", total=len(products))
        preparation.publish_catalogue(api, products, _advance(bars.advance, publishing))
        preparation.import_behaviours(shop.name, history, stack, screen.steps(bars))
        proposal, scorer = preparation.fit_and_promote(stack, shop.exclude_seen, screen.steps(bars))
        preparation.wait_until_serving(api, scorer.version)
    mirror = Mirror(stack.secret())
    mirror.read_history(preparation.imported(stack))
    mirror.freeze()
    console.print(f"   {len(products):,} items published, {len(history):,} events imported, {scorer.version} serves.")
    screen.print_choice(console, proposal)
    decayed = Popularity(HALF_LIFE_EVENTS)
    baselines = Baselines(Popularity(), decayed, FrozenProfile(scorer, decayed))
    baselines.learn([behaviour.item_id for behaviour in history])
    return Storefront(api, mirror, baselines, shop.exclude_seen)


def _play(shop: Shop, storefront: Storefront, api: MillstreamApi, known: dict[str, Product], console: Console) -> float:
    """Play the live days; return the seconds that it took."""
    days = list(shop.days())
    began = time.perf_counter()
    with screen.progress(console) as bars:
        visits = bars.add_task("Playing the remaining days (visits)", total=sum(len(day.visits) for day in days))
        for day in days:
            play_day(day, storefront, api, known, _advance(bars.advance, visits))
    return time.perf_counter() - began


def _reported(
    shop: Shop, storefront: Storefront, stack: Stack, opening: Opening, seconds: float, began: float, console: Console
) -> Report:
    counts = storefront.counts
    reconciliation = reconcile(
        int(counts["sent"]), int(counts["accepted"]), int(counts["rejected"]), storefront.mirror, stack
    )
    with screen.progress(console) as bars:
        proof = prove(stack, screen.steps(bars))
    return Report(
        shop=shop.name,
        model_version=str(opening.after["provenance"]["modelVersion"]),
        opening=opening,
        reconciliation=reconciliation,
        stream_seconds=seconds,
        events_per_second=counts["accepted"] / seconds,
        freshness_ms={name: storefront.freshness.percentile(share) for name, share in (("p50", 0.5), ("p99", 0.99))},
        latency_ms={name: storefront.latency.percentile(share) for name, share in (("p50", 0.5), ("p99", 0.99))},
        stale_answers=int(counts["stale answers"]),
        probes=int(counts["probes"]),
        hit_at_10=hit_rates(storefront),
        arms=arm_reports(storefront),
        proof=proof,
        wall_seconds=time.perf_counter() - began,
    )


def _advance(advance: Callable[..., None], task: int) -> Callable[[int], None]:
    return partial(advance, task)
