"""boto3 clients with the retry settings that their adapters need. AWS_ENDPOINT_URL directs them to a local cloud."""

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
    """Retry settings: who retries a failed call."""

    ADAPTER = _config(attempts=1)
    """The adapter retries, within a budget (see `adapters.aws.backoff`); the client calls once."""

    CLIENT = _config(attempts=2)
    """The client retries once: a caller waits, and the adapter has no budget."""

    LONG = _config(attempts=8, connect_s=5, answer_s=60, connections=32)
    """The client retries for long: no caller waits."""


def aws_client(service: str, region: str, patience: Patience) -> Any:
    """Create a client of an AWS service."""
    return boto3.client(service, region_name=region, config=patience.value)  # type: ignore[call-overload]  # by name
