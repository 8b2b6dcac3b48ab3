"""Deploys the real template to a LocalStack that runs already."""

from __future__ import annotations

from pathlib import Path

from infra.local.checkout import TEMPLATE
from infra.local.deployment import Deployment, architecture, deploy
from infra.local.dialect import Dialect
from infra.localstack.change_set import change_by_change_set
from infra.localstack.packaging import carrying_layers

STACK = "freshet"
# The image of the Python runtime is pulled when the first function is created.
PATIENCE = 600.0


def localstack() -> Dialect:
    """How to deploy to LocalStack's community edition."""
    return Dialect(
        change=change_by_change_set,
        api_path="/_aws/execute-api/{api}/v1",
        # LocalStack reads the stream itself: its mappings are the ones under trial here.
        parameters={"MappingsEnabled": "true"},
        prepare=carrying_layers(architecture()),
    )


def deploy_to_localstack(endpoint_url: str, template_file: Path = TEMPLATE, stack: str = STACK) -> Deployment:
    """Create the stack or bring it up to date with the checkout.

    Raises what `deploy` raises, and WheelError where the layers' packages cannot be had.
    """
    return deploy(endpoint_url.rstrip("/"), template_file, stack, patience=PATIENCE, dialect=localstack())
