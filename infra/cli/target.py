"""Which API or stack a command talks to: the one it is told, or the local cloud that is up."""

from __future__ import annotations

from typing import Annotated

import typer

from infra.cli.api import ApiError, FreshetApi
from infra.local import cloud

Url = Annotated[str, typer.Option(envvar="FRESHET_API_URL", help="The stack's ApiUrl. Without it: the local cloud.")]
Key = Annotated[str, typer.Option(envvar="FRESHET_API_KEY", help="The key of its usage plan.")]
StackName = Annotated[
    str, typer.Option("--stack", envvar="FRESHET_STACK", help="A stack's name on AWS. Without it: the local cloud.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print for machines.")]


def open_api(url: str, key: str) -> FreshetApi:
    """The API to use. Raises ApiError when none is named and no local cloud is up."""
    if url:
        return FreshetApi(url, key)
    status = cloud.status()
    if not status.running or status.deployment is None:
        raise ApiError(0, "no local cloud is up: run `freshet up`, or name an API with --url and --key")
    return FreshetApi(status.deployment.api_url, status.deployment.api_key)
