"""boto3's clients, each with the patience that its adapter needs. AWS_ENDPOINT_URL leads them to a local cloud."""

from __future__ import annotations

from enum import Enum
from typing import Any

import boto3
from botocore.config import Config

from millstream.adapters.aws.backoff import ANSWER_S, CONNECT_S


class Patience(Enum):
    """Who tries again when a call fails."""

    ADAPTER = Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=CONNECT_S,
        read_timeout=ANSWER_S,
        tcp_keepalive=True,
    )
    """The adapter does, within a budget (see `adapters.aws.backoff`): the client calls once."""

    CLIENT = Config(
        retries={"mode": "standard", "total_max_attempts": 2},
        connect_timeout=CONNECT_S,
        read_timeout=ANSWER_S,
        tcp_keepalive=True,
    )
    """The client does, once: somebody waits, and the adapter knows no budget."""

    LONG = Config(
        retries={"mode": "standard", "total_max_attempts": 8},
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=32,
        tcp_keepalive=True,
    )
    """The client does, for long: nobody waits."""


def aws_client(service: str, region: str, patience: Patience) -> Any:
    """A client of one service."""
    return boto3.client(service, region_name=region, config=patience.value)  # type: ignore[call-overload]  # by name
