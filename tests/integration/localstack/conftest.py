"""A stack of its own in the LocalStack that MILLSTREAM_LOCALSTACK names."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from millstream_tools.cloud.local.clients import Clients
from millstream_tools.cloud.local.deployment import Deployment
from millstream_tools.cloud.localstack.deployment import deploy_to_localstack
from tests.e2e.wire import Wire, open_wire

ENDPOINT = os.environ.get("MILLSTREAM_LOCALSTACK", "")
SHOP = [
    {"itemId": "lamp", "name": "Brass lamp", "category": "Light", "price": 45},
    {"itemId": "desk", "name": "Oak desk", "category": "Furniture", "price": 320},
    {"itemId": "vase", "name": "Blue vase", "category": "Decor", "price": 18.5},
]


@dataclass(frozen=True)
class Stack:
    """The deployed stack, through its API and behind it."""

    deployment: Deployment
    http: Wire
    clients: Clients

    def client(self, service: str) -> Any:
        """A boto3 client of this LocalStack."""
        return self.clients(service)

    def output(self, name: str) -> str:
        """An output of the stack."""
        return self.deployment.outputs[name]


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A stack with a name of its own, and its shop published; it goes afterwards, with what LocalStack can delete."""
    if not ENDPOINT:
        pytest.skip("MILLSTREAM_LOCALSTACK names no LocalStack, such as http://127.0.0.1:4566")
    deployment = deploy_to_localstack(ENDPOINT, stack=f"millstream-check-{uuid.uuid4().hex[:8]}")
    stack = Stack(deployment, open_wire(deployment.api_url, deployment.api_key), Clients(deployment.endpoint_url))
    assert stack.http("PUT", "/items", {"items": SHOP}).status == 200
    yield stack
    stack.client("cloudformation").delete_stack(StackName=deployment.stack)
