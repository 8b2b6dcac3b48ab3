"""Publish items from files by PUT /items."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from millstream.domain.catalogue.publications import MOST_ITEMS
from millstream_tools.ops.client import MillstreamApi
from millstream_tools.readers.items import ReadItem
from millstream_tools.readers.rejects import Reject


@dataclass
class PublishedFile:
    """The result by row: published, repeated or rejected."""

    published: int = 0
    repeated: int = 0
    rejected: list[Reject] = field(default_factory=list)


def publish_items(api: MillstreamApi, rows: Iterable[ReadItem | Reject]) -> PublishedFile:
    """Publish the items in order. Raises ApiError; items published before that stay published."""
    done, waiting, seen = PublishedFile(), dict[str, dict[str, Any]](), set[str]()
    for row in rows:
        if isinstance(row, Reject):
            done.rejected.append(row)
            continue
        item_id = row.body["itemId"]
        if item_id in seen:
            done.repeated += 1
        seen.add(item_id)
        waiting[item_id] = row.body
        if len(waiting) == MOST_ITEMS:
            api.put_items(list(waiting.values()))
            waiting.clear()
    if waiting:
        api.put_items(list(waiting.values()))
    done.published = len(seen)
    return done
