"""The options that choose an API or a stack: the given one, or the running local cloud."""

from __future__ import annotations

from typing import Annotated

import typer

from millstream_tools.cloud.local import cloud
from millstream_tools.ops.client import ApiError, MillstreamApi

Url = Annotated[str, typer.Option(envvar="MILLSTREAM_API_URL", help="The stack's ApiUrl. Default: the local cloud.")]
Key = Annotated[str, typer.Option(envvar="MILLSTREAM_API_KEY", help="The API key.")]
StackName = Annotated[
    str, typer.Option("--stack", envvar="MILLSTREAM_STACK", help="Name of a stack on AWS. Default: the local cloud.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

Attributes = Annotated[
    list[str] | None,
    typer.Option(
        "--attribute", metavar="NAME=VALUE", help="A declared attribute; NAME= if no longer known. Repeatable."
    ),
]


def named_values(stated: list[str] | None) -> dict[str, str | None] | None:
    """The attributes of options, None where there are none."""
    pairs = (one.partition("=") for one in stated or ())
    return {name: value or None for name, _, value in pairs} or None


def open_api(url: str, key: str) -> MillstreamApi:
    """The API to use. A key alone is one for the local cloud.

    Raises ApiError when no API is given and no local cloud is running.
    """
    if url:
        return MillstreamApi(url, key)
    status = cloud.status()
    if not status.running or status.deployment is None:
        raise ApiError(0, "no local cloud is running: run `millstream up`, or give an API with --url and --key")
    return MillstreamApi(status.deployment.api_url, key or status.deployment.api_key)
