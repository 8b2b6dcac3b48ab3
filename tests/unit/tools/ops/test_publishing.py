"""Items in calls of a hundred; and what an import still misses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from millstream.adapters.memory import FixedClock, MemoryArchive, MemoryCatalogue, MemoryModelStore
from millstream.adapters.memory.log import MemoryEventLog
from millstream.application.collect.publish_items import PublishItems
from millstream.domain.keys import item_key
from millstream_tools.ops.next_steps import next_steps
from millstream_tools.ops.publishing import publish_items
from millstream_tools.readers.items import ReadItem
from millstream_tools.readers.rejects import Reject
from tests.builders import NOW_MS


class Api:
    """What publishing calls."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.names: dict[str, str] = {}

    def put_items(self, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """See MillstreamApi."""
        self.calls.append([item["itemId"] for item in items])
        self.names |= {item["itemId"]: item["name"] for item in items}
        return {}


def rows(*ids: str) -> list[ReadItem]:
    return [ReadItem({"itemId": item_id, "name": f"{item_id} {number}"}) for number, item_id in enumerate(ids)]


def test_items_go_out_a_hundred_a_call() -> None:
    """In their order, the rest at the end."""
    api = Api()
    done = publish_items(api, rows(*(f"item-{number}" for number in range(250))))  # type: ignore[arg-type]
    assert [len(call) for call in api.calls] == [100, 100, 50]
    assert (done.published, done.repeated, done.rejected) == (250, 0, [])


def test_an_item_that_comes_again_replaces_the_one_before_it() -> None:
    """In one call, or in a later one; rows and rejects add up."""
    api = Api()
    reject = Reject("items.csv", 3, "price", "a finite number", "cheap", "")
    read = [*rows("lamp", "rug", "lamp"), reject]
    done = publish_items(api, read)  # type: ignore[arg-type]
    assert api.calls == [["lamp", "rug"]]
    assert api.names["lamp"] == "lamp 2"
    assert (done.published, done.repeated, done.rejected) == (2, 1, [reject])


def test_nothing_to_publish_is_no_call() -> None:
    """An empty file."""
    api = Api()
    assert publish_items(api, []).published == 0  # type: ignore[arg-type]
    assert api.calls == []


class Stack:
    """What the next steps are read from."""

    def __init__(self, folder: Path) -> None:
        self.log = MemoryEventLog(2)
        self.store = MemoryModelStore(folder)

    def archive(self) -> MemoryArchive:
        """See millstream_tools.ops.stack."""
        return MemoryArchive()

    def log_reader(self) -> MemoryEventLog:
        """See millstream_tools.ops.stack."""
        return self.log

    def models(self) -> MemoryModelStore:
        """See millstream_tools.ops.stack."""
        return self.store


def test_what_is_missing_is_said_until_nothing_is(tmp_path: Path) -> None:
    """Items that were taken out of sale are published, too."""
    stack = Stack(tmp_path)
    items = {item_key("lamp"), item_key("rug")}
    first, second = next_steps(stack, items)  # type: ignore[arg-type]
    assert first.startswith("2 of 2 items are not published")
    assert second.startswith("no model serves")
    publish = PublishItems(stack.log, MemoryCatalogue(), FixedClock(NOW_MS))
    publish({"items": [{"itemId": "lamp"}, {"itemId": "rug", "available": False}]})
    assert next_steps(stack, items) == [second]  # type: ignore[arg-type]
