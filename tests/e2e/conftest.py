"""One local cloud with the real template for all tests here: two shards, a small shop, a model that serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from millstream.adapters.aws.s3_model_store import S3ModelStore
from millstream.adapters.local.system_clock import SystemClock
from millstream.application.models import promote_model
from millstream.scoring.stored_models import check_stored
from millstream_tools.cloud.local.clients import Clients
from millstream_tools.cloud.local.cloud import STACK, Cloud, start_poller
from millstream_tools.cloud.local.deployment import deploy
from millstream_tools.cloud.local.environment import cloud_python
from millstream_tools.cloud.local.server import start_server
from millstream_tools.ops.stack import local_stack
from millstream_tools.places import TEMPLATE
from tests.e2e.models import publish_models
from tests.e2e.stack import MAX_WINDOW, Stack
from tests.e2e.stream import Stream
from tests.e2e.wire import open_wire

SHARDS = "2"
SHOP: list[dict[str, Any]] = [
    {"itemId": "lamp", "name": "Brass lamp", "category": "Light", "price": 45},
    {"itemId": "desk", "name": "Oak desk", "category": "Furniture", "price": 320},
    {"itemId": "vase", "name": "Blue vase", "category": "Decor", "price": 18.5},
    {"itemId": "chair", "name": "Chair", "category": "Furniture", "price": 90, "attributes": {"legs": 4}},
    {"itemId": "sofa", "name": "Sofa", "category": "Furniture", "price": 900, "available": False},
]


class Setting(NamedTuple):
    """The stack, its models, and the versions of the model that serves and of the one that could."""

    stack: Stack
    models: S3ModelStore
    champion: str
    challenger: str


@pytest.fixture(scope="session")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    """A deployed stack with its poller, its shop published, and a champion promoted before the first question."""
    folder = tmp_path_factory.mktemp("cloud")
    server, endpoint = start_server(cloud_python(), folder)
    try:
        deployment = deploy(endpoint, TEMPLATE, STACK, {"ShardCount": SHARDS})
        cloud = Cloud(folder, deployment, Clients(endpoint))
        stores = local_stack(deployment)
        models = stores.models()
        champion, challenger = publish_models(models, tmp_path_factory.mktemp("models"))
        promote_model(models, SystemClock(), check_stored, champion)
        poller = start_poller(folder, deployment, max_window=MAX_WINDOW)
        http = open_wire(deployment.api_url, deployment.api_key)
        stack = Stack(cloud, http, Stream(cloud), stores, poller)
        try:
            assert http("PUT", "/items", {"items": SHOP}).status == 200
            yield Setting(stack, models, champion, challenger)
        finally:
            stack.poller.stop()
    finally:
        server.stop()


@pytest.fixture
def stack(setting: Setting) -> Stack:
    """The deployed stack."""
    return setting.stack
