"""The steps of a rebuild, as its state machine calls them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3

from millstream.wiring.adapters import REBUILDS
from tests.infra.recorded_calls import REGION, RecordedCalls

Invoke = Callable[[str, dict[str, Any]], dict[str, Any]]
View = Callable[..., None]


def travel(calls: RecordedCalls, invoke: Invoke, view: View) -> None:
    """Every step of a rebuild, as the state machine calls them; some are killed at the end, and called again."""
    shard = "shardId-000000000000"
    given_up = invoke("PlanRebuild", {"execution": "given-up", "input": {}})["workspace"]
    invoke("SplitStream", {"workspace": given_up})
    workspace = invoke("PlanRebuild", {"execution": "journey", "input": {}})["workspace"]
    invoke("SplitArchive", {"workspace": workspace, "slice": 0})
    invoke("SplitStream", {"workspace": workspace})
    for name, event, done in (
        ("FoldUsers", {"partition": 0}, "folded/part-00000.json"),
        ("FoldTrends", {"shard": shard}, f"folded/trend-{shard}.json"),
        ("CheckView", {"segment": 0}, "checked/segment-00000.json"),
    ):
        for _ in range(2):
            forget(calls.physical["RebuildBucket"], f"{REBUILDS}{workspace}/{done}")
            invoke(name, {"workspace": workspace, **event})
    view("e-3", "u-1", "u-2")
    switched = invoke("SwitchView", {"workspace": workspace})
    assert (switched["replaced"], switched["view"], switched["done"]) == (1, 3, True)


def forget(bucket: str, key: str) -> None:
    """An object is not there (any more)."""
    boto3.client("s3", region_name=REGION).delete_object(Bucket=bucket, Key=key)
