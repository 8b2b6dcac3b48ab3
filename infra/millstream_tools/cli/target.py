"""Which API or stack a command talks to: the one it is told, or the local cloud that is up."""

from __future__ import annotations

from typing import Annotated

import typer

from millstream_tools.cloud.local import cloud
from millstream_tools.ops.client import ApiError, MillstreamApi

Url = Annotated[str, typer.Option(envvar="MILLSTREAM_API_URL", help="The stack's ApiUrl. Without it: the local cloud.")]
Key = Annotated[str, typer.Option(envvar="MILLSTREAM_API_KEY", help="The key of its usage plan.")]
StackName = Annotated[
    str, typer.Option("--stack", envvar="MILLSTREAM_STACK", help="A stack's name on AWS. Without it: the local cloud.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print for machines.")]


def open_api(url: str, key: str) -> MillstreamApi:
    """The API to use. Raises ApiError when none is named and no local cloud is up."""
    if url:
        return MillstreamApi(url, key)
    status = cloud.status()
    if not status.running or status.deployment is None:
        raise ApiError(0, "no local cloud is up: run `millstream up`, or name an API with --url and --key")
    return MillstreamApi(status.deployment.api_url, status.deployment.api_key)
