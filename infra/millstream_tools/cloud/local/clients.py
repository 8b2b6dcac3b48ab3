"""boto3 clients for one local endpoint, whatever AWS settings the developer's own shell has."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.loaders import Loader, create_loader
from botocore.session import Session

# MiniStack reads the account from the key id, and serves unsigned API calls only for this account and its own region.
ACCOUNT = "000000000000"
REGION = "us-east-1"
SECRET = "local"  # noqa: S105  # MiniStack takes any
# Lambda's longest run is 15 minutes; the client must not give up before the function does.
LONGEST_INVOCATION = 910


def environment(endpoint_url: str) -> dict[str, str]:
    """The environment variables that point any AWS SDK at the local cloud."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def local_session() -> Any:
    """A session with the local cloud's credentials. Any: the stubs know clients only by names that are written out."""
    core = Session()
    core.register_component("data_loader", _descriptions())
    return boto3.Session(
        aws_access_key_id=ACCOUNT, aws_secret_access_key=SECRET, region_name=REGION, botocore_session=core
    )


class Clients:
    """Makes clients for an endpoint and keeps one for each service: `clients("sqs")`."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._session = local_session()
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        """The usual client of a service."""
        if service not in self._made:
            self._made[service] = self._client(service, Config())
        return self._made[service]

    def without_retries(self, service: str) -> Any:
        """A client that calls once: for callers that have their own rules for retries."""
        return self._client(
            service, Config(retries={"total_max_attempts": 1}, read_timeout=LONGEST_INVOCATION, max_pool_connections=64)
        )

    def _client(self, service: str, config: Config) -> Any:
        return self._session.client(service, endpoint_url=self._endpoint_url, config=config)


@cache
def _descriptions() -> Loader:
    """Keeps what it has read of the services: a description has megabytes, and each session would read it anew."""
    return create_loader()
