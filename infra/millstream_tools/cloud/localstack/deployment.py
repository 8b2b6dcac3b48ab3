"""Deploys the real template to a LocalStack that runs already."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from millstream_tools.cloud.local.deployment import Deployment, architecture, deploy
from millstream_tools.cloud.local.dialect import Dialect
from millstream_tools.cloud.localstack.health import expect_localstack
from millstream_tools.cloud.localstack.nested_stacks import change_with_nested_stacks
from millstream_tools.cloud.localstack.packaging import carrying_layers
from millstream_tools.cloud.localstack.wheels import installed
from millstream_tools.places import TEMPLATE

STACK = "millstream"
# The image of the Python runtime is pulled when the first function is created.
PATIENCE = 600.0


def localstack(say: Callable[[str], None] = print) -> Dialect:
    """How to deploy to LocalStack's community edition."""
    return Dialect(
        change=change_with_nested_stacks,
        api_path="/_aws/execute-api/{api}/v1",
        # LocalStack reads the stream by its own mappings, as AWS does.
        parameters={"MappingsEnabled": "true"},
        prepare=carrying_layers(architecture(), partial(installed, say=say)),
    )


def deploy_to_localstack(
    endpoint_url: str, template_file: Path = TEMPLATE, stack: str = STACK, say: Callable[[str], None] = print
) -> Deployment:
    """Create the stack or bring it up to date with what is on disk.

    Raises NoLocalStackError, WheelError where the layers' packages cannot be had, and what `deploy` raises.
    """
    endpoint = endpoint_url.rstrip("/")
    version = expect_localstack(endpoint)
    say(f"Deploying {template_file.name} to LocalStack {version} at {endpoint}")
    return deploy(endpoint, template_file, stack, patience=PATIENCE, dialect=localstack(say))
