"""`millstream deploy`: deploy the template to LocalStack."""

from __future__ import annotations

from typing import Annotated

import typer

from millstream_tools.cli.console import console, report_errors
from millstream_tools.cloud.localstack.deployment import deploy_to_localstack

app = typer.Typer()


@app.command()
def deploy(
    *, endpoint: Annotated[str, typer.Option(help="LocalStack's endpoint, such as http://127.0.0.1:4566.")]
) -> None:
    """Deploy template.yaml to a running LocalStack, or update it. See cloud/localstack/README.md."""
    with report_errors():
        deployment = deploy_to_localstack(endpoint, say=console.print)
    console.print(f"API      {deployment.api_url}\nkey      {deployment.api_key}\nAWS      {deployment.endpoint_url}")
    console.print(
        f"Try: export MILLSTREAM_API_URL={deployment.api_url} MILLSTREAM_API_KEY={deployment.api_key}",
        highlight=False,
        soft_wrap=True,
    )
    console.print("Then: millstream send alice ItemViewed mug-1   and: millstream recommend alice", highlight=False)
