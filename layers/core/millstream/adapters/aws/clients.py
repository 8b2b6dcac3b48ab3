"""boto3's clients, each with the patience that its adapter needs. AWS_ENDPOINT_URL leads them to a local cloud."""

from __future__ import annotations

from enum import Enum
from typing import Any

import boto3
from botocore.config import Config

from millstream.adapters.aws.backoff import ANSWER_S, CONNECT_S


def _config(attempts: int, connect_s: float = CONNECT_S, answer_s: float = ANSWER_S, connections: int = 10) -> Config:
    return Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=connect_s,
        read_timeout=answer_s,
        max_pool_connections=connections,
        tcp_keepalive=True,
    )


class Patience(Enum):
    """Who tries again when a call fails."""

    ADAPTER = _config(attempts=1)
    """The adapter does, within a budget (see `adapters.aws.backoff`): the client calls once."""

    CLIENT = _config(attempts=2)
    """The client does, once: somebody waits, and the adapter knows no budget."""

    LONG = _config(attempts=8, connect_s=5, answer_s=60, connections=32)
    """The client does, for long: nobody waits."""


def aws_client(service: str, region: str, patience: Patience) -> Any:
    """A client of one service."""
    return boto3.client(service, region_name=region, config=patience.value)  # type: ignore[call-overload]  # by name
