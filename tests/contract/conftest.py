"""The two places in which an AWS adapter is tried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.local.clients import REGION, Clients, environment
from tests.contract.places import Place


@pytest.fixture
def moto() -> Iterator[Place]:
    """AWS as moto imitates it in this process: fast, and wrong here and there."""
    with mock_aws():
        session: Any = boto3.Session(region_name=REGION)  # Any: its stubs know services only by written names
        yield Place(session.client, REGION)


@pytest.fixture
def local(ministack: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The local cloud; the environment points at it, since PynamoDB finds its endpoint there."""
    for name, value in environment(ministack).items():
        monkeypatch.setenv(name, value)
    return Place(Clients(ministack), REGION)
