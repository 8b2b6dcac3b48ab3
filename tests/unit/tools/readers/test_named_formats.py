"""Exports of shops and trackers, each by its ready mapping, on a small file of its real shape (made up)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from millstream.domain.log.events import Event
from millstream_tools.readers.mapping_file import read_mapping
from tests.builders import subject
from tests.importing import Shop

AT = 1_700_000_000_000  # 2023-11-14 22:13:20 UTC
_PARAMETERS = [
    {"key": "page_location", "value": {"string_value": "https://shop/p", "int_value": None}},
    {"key": "ga_session_id", "value": {"string_value": None, "int_value": 170}},
]


def ga4(name: str, *items: dict[str, Any], user: str | None = None, second: int = 0, **numbers: Any) -> dict[str, Any]:
    """One row of events_20231114."""
    return {
        "event_date": "20231114", "event_timestamp": AT * 1000 + second * 1_000_000, "event_name": name,
        "event_params": _PARAMETERS, "user_id": user, "user_pseudo_id": "87.65", "items": list(items), **numbers,
    }  # fmt: skip


GA4 = [
    ga4("page_view"),
    ga4("view_item", {"item_id": "mug", "item_name": "Mug", "price": 9.5, "quantity": None}, second=1),
    ga4(
        "purchase",
        {"item_id": "mug", "item_name": "Mug", "price": 9.5, "quantity": 2},
        {"item_id": "pan", "item_name": "Pan", "price": 19.0, "quantity": 1},
        user="ann",
        second=2,
    ),
]


def track(event: str, second: int, user: str | None = None, **properties: Any) -> dict[str, Any]:
    """One call as Segment and RudderStack store it."""
    return {
        "type": "track", "event": event, "messageId": f"m-{second}", "anonymousId": "anon-1", "userId": user,
        "timestamp": f"2023-11-14T22:13:{20 + second}.000Z", "context": {"sessionId": 170}, "properties": properties,
    }  # fmt: skip


TRACKED = [
    {"type": "page", "name": "Home", "messageId": "m-9", "anonymousId": "anon-1", "timestamp": "2023-11-14T22:13:20Z"},
    track("Product Viewed", 1, product_id="mug", sku="M-1", price=9.5),
    track("Checkout Started", 2, order_id="o1", products=[{"product_id": "mug"}]),
    track("Order Completed", 3, "ann", order_id="o1", total=38, products=[
        {"product_id": "mug", "price": 9.5, "quantity": 2}, {"product_id": "pan", "price": 19, "quantity": 1},
    ]),
]  # fmt: skip
SHOPIFY = """Name,Email,Financial Status,Paid at,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku
#1001,ann@shop.org,paid,2023-11-14 23:13:21 +0100,2023-11-14 23:13:20 +0100,2,"Mug, blue",9.50,M-1
#1001,ann@shop.org,,,2023-11-14 23:13:20 +0100,1,Pan,19.00,
"""
WOOCOMMERCE = """Order Number;Order Status;Order Date;Email (Billing);SKU;Item #;Item Name;Quantity (- Refund);Item Cost
17;Completed;2023-11-14 22:13:20;ann@shop.org;M-1;1;"Becher; blau";2;"1.009,50"
17;Completed;2023-11-14 22:13:20;ann@shop.org;;2;Pfanne;1;19,00
18;Cancelled;2023-11-14 22:14:20;bob@shop.org;M-1;1;"Becher; blau";1;"9,50"
"""
RETAILROCKET = """timestamp,visitorid,event,itemid,transactionid
1700000000000,257597,view,355908,
1700000001000,257597,addtocart,355908,
1700000002000,257597,transaction,355908,4000
"""
REES46 = """event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session
2023-11-14 22:13:20 UTC,view,44600062,2103807459595387724,,shiseido,35.79,541312140,72d76fde-8bb3-4e00-8c23
2023-11-14 22:13:21 UTC,cart,44600062,2103807459595387724,,shiseido,35.79,541312140,72d76fde-8bb3-4e00-8c23
"""
REVIEWS = [
    {"rating": 5.0, "title": "Good", "text": 'A "good"\nmug', "images": [], "asin": "B1", "parent_asin": "B0",
     "user_id": "AFKZ", "timestamp": AT, "helpful_vote": 0, "verified_purchase": True},
]  # fmt: skip

Expected = tuple[str, str, str, float | None, int, dict[str, Any]]
CASES: dict[str, tuple[str, str, str | Sequence[dict[str, Any]], list[Expected], int]] = {
    "ga4, JSON": ("ga4", "events.json", GA4, [
        ("87.65", "ItemViewed", "mug", 9.5, 1, {"sessionId": "170"}),
        ("ann", "ItemPurchased", "mug", 9.5, 2, {"sessionId": "170", "quantity": 2}),
        ("ann", "ItemPurchased", "pan", 19, 2, {"sessionId": "170", "quantity": 1}),
    ], 1),
    "segment": ("segment", "segment.json", TRACKED, [
        ("anon-1", "ItemViewed", "mug", 9.5, 1, {"sessionId": "170"}),
        ("ann", "ItemPurchased", "mug", 9.5, 3, {"sessionId": "170", "quantity": 2}),
        ("ann", "ItemPurchased", "pan", 19, 3, {"sessionId": "170", "quantity": 1}),
    ], 2),
    "shopify": ("shopify-orders", "orders_export.csv", SHOPIFY, [
        ("ann@shop.org", "ItemPurchased", "M-1", 9.5, 0, {"sessionId": "#1001", "quantity": 2}),
        ("ann@shop.org", "ItemPurchased", "Pan", 19, 0, {"sessionId": "#1001", "quantity": 1}),
    ], 0),
    "woocommerce": ("woocommerce-orders", "orders-2023.csv", WOOCOMMERCE, [
        ("ann@shop.org", "ItemPurchased", "M-1", 1009.5, 0, {"sessionId": "17", "quantity": 2}),
        ("ann@shop.org", "ItemPurchased", "Pfanne", 19, 0, {"sessionId": "17", "quantity": 1}),
    ], 1),
    "retailrocket": ("retailrocket", "events.csv", RETAILROCKET, [
        ("257597", "ItemViewed", "355908", None, 0, {}),
        ("257597", "ItemAddedToCart", "355908", None, 1, {}),
        ("257597", "ItemPurchased", "355908", None, 2, {"quantity": 1}),
    ], 0),
    "rees46": ("rees46", "2019-Oct.csv", REES46, [
        ("541312140", "ItemViewed", "44600062", 35.79, 0, {"sessionId": "72d76fde-8bb3-4e00-8c23"}),
        ("541312140", "ItemAddedToCart", "44600062", 35.79, 1, {"sessionId": "72d76fde-8bb3-4e00-8c23"}),
    ], 0),
    "amazon": ("amazon-reviews-2023", "All_Beauty.jsonl", REVIEWS, [("AFKZ", "ItemRated", "B0", 5, 0, {})], 0),
    "amazon, ratings only": (
        "amazon-reviews-2023", "All_Beauty.csv", f"user_id,parent_asin,rating,timestamp\nAFKZ,B0,5.0,{AT}\n",
        [("AFKZ", "ItemRated", "B0", 5, 0, {})], 0,
    ),
}  # fmt: skip


def written(folder: Path, name: str, content: str | Sequence[dict[str, Any]]) -> Path:
    """A text, or objects as JSON lines."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else "".join(f"{json.dumps(one)}\n" for one in content))
    return path


def check(shop: Shop, expected: list[Expected], left_out: int) -> None:
    """Users, kinds, items, values, times, sessions and quantities; all other rows are left out by the mapping."""
    found: list[tuple[bytes, Event]] = [(record.subject, one) for record in shop.records() for one in record.events]
    assert [
        (user, event.kind.name, event.item_id, event.value, (event.occurred_at_ms - AT) / 1000, dict(event.attributes))
        for user, event in found
    ] == [(subject(user), *rest) for user, *rest in expected]
    assert [reject.asked for reject in shop.rejects] == [True] * left_out


@pytest.mark.parametrize("case", CASES)
def test_an_export_is_read_by_its_name(tmp_path: Path, case: str) -> None:
    """As it lies there."""
    name, file_name, content, expected, left_out = CASES[case]
    shop = Shop()
    shop.imports_files(written(tmp_path, file_name, content), mapping=read_mapping(name, {}))
    check(shop, expected, left_out)


def test_ga4_is_the_same_from_parquet(tmp_path: Path) -> None:
    """Where the lists are nested columns."""
    _, _, _, expected, left_out = CASES["ga4, JSON"]
    pa_parquet.write_table(pa.Table.from_pylist(GA4), tmp_path / "events.parquet")
    shop = Shop()
    shop.imports_files(tmp_path / "events.parquet", mapping=read_mapping("ga4", {}))
    check(shop, expected, left_out)


def test_ga4_is_the_same_as_bigquery_writes_json(tmp_path: Path) -> None:
    """Whole numbers are strings there, and cells without a value are left out."""
    _, _, _, expected, left_out = CASES["ga4, JSON"]

    def as_bigquery(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: as_bigquery(one) for name, one in value.items() if one is not None}
        if isinstance(value, list):
            return [as_bigquery(one) for one in value]
        return str(value) if isinstance(value, int) else value

    path = written(tmp_path, "bq-results", [as_bigquery(row) for row in GA4])
    shop = Shop()
    shop.imports_files(path, mapping=read_mapping("ga4", {}))
    check(shop, expected, left_out)
