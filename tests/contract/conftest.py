"""The two places in which an AWS adapter is tried."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from threading import Lock
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from millstream_tools.cloud.local.clients import REGION, Clients, environment
from tests.contract.places import Place


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """AWS as moto imitates it in this process: fast, and wrong here and there.

    It answers one request at a time: moto checks the condition of a write and writes in two steps, DynamoDB in one.
    """
    answer, one_at_a_time = BotocoreStubber.process_request, Lock()

    def process_request(stubber: BotocoreStubber, request: Any) -> Any:
        with one_at_a_time:
            return answer(stubber, request)

    monkeypatch.setattr(BotocoreStubber, "process_request", process_request)
    with mock_aws():
        yield Place(_client_of_moto, REGION)


@cache
def _client_of_moto(service: str) -> Any:
    """One client a service for all tests: the first reads botocore's description of the service, which takes longest.

    What a client calls is moto's empty AWS of the moment, whenever the client was made.
    """
    session: Any = boto3.Session(  # Any: its stubs know services only by written names
        aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION
    )
    return session.client(service)


@pytest.fixture
def local(ministack: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The local cloud; the environment points at it, since PynamoDB finds its endpoint there."""
    for name, value in environment(ministack).items():
        monkeypatch.setenv(name, value)
    return Place(_clients_of(ministack), REGION)


_clients_of = cache(Clients)
"""One client a service for all tests, as above."""
