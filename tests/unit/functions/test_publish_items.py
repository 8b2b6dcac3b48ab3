"""PUT /items as API Gateway delivers it."""

from __future__ import annotations

from typing import Any

import pytest

from functions.http.publish_items import app
from millstream.adapters.memory import FixedClock, MemoryCatalogue, MemoryEventLog
from millstream.application.collect.publish_items import PublishItems
from millstream.domain.catalogue import items as catalogue_module
from tests.builders import NOW_MS, SHARD
from tests.unit.functions.lambda_events import CONTEXT, answered, api_event


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> MemoryCatalogue:
    """The catalogue behind the handler."""
    catalogue = MemoryCatalogue()
    publish = PublishItems(MemoryEventLog(), catalogue, FixedClock(NOW_MS))
    monkeypatch.setattr(app, "publish_items", lambda: publish)
    return catalogue


def put(**changed: Any) -> tuple[int, Any]:
    """What the handler answers."""
    return answered(app.handler(api_event("put_items", **changed), CONTEXT))


def test_items_are_published(catalogue: MemoryCatalogue) -> None:
    """The answer is their ids and the position."""
    assert put() == (200, {"published": ["lamp-42", "desk-7"], "position": f"{SHARD}:1"})
    assert set(catalogue.changes) == {"lamp-42", "desk-7"}


def test_a_bad_item_is_refused(catalogue: MemoryCatalogue) -> None:
    """400, naming its place and field."""
    status, answer = put(body='{"items": [{"itemId": "lamp"}, {"itemId": "desk", "price": true}]}')
    assert (status, answer["error"]["field"], answer["error"]["got"]) == (400, "items[1].price", "true")
    assert not catalogue.changes


def test_a_key_that_belongs_to_another_item_is_a_conflict(
    catalogue: MemoryCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """409, naming both ids."""
    monkeypatch.setattr(catalogue_module, "item_key", lambda _: b"samkey")
    status, answer = put()
    assert status == 409
    assert "'desk-7'" in answer["error"]["message"]
    assert "'lamp-42'" in answer["error"]["message"]
    assert not catalogue.changes
