"""Splitting a stream's shards, for tests that change them while events flow."""

from __future__ import annotations

from typing import Any


def split_in_the_middle(kinesis: Any, stream: str, shard: str) -> None:
    """Split an open shard into two halves of its hash keys."""
    listed = kinesis.list_shards(StreamName=stream)["Shards"]
    keys = next(one["HashKeyRange"] for one in listed if one["ShardId"] == shard)
    middle = (int(keys["StartingHashKey"]) + int(keys["EndingHashKey"]) + 1) // 2
    kinesis.split_shard(StreamName=stream, ShardToSplit=shard, NewStartingHashKey=str(middle))
