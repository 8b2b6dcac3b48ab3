"""`millstream up`, `millstream status`, `millstream down`: the local cloud."""

from __future__ import annotations

from typing import Annotated

import typer

from millstream_tools.cli.console import console, report_errors
from millstream_tools.cloud.local import cloud
from millstream_tools.cloud.local.poller.counters import Counters

app = typer.Typer()


@app.command()
def up(
    polling_ms: Annotated[
        int, typer.Option(min=1, help="Milliseconds between two reads of the stream; AWS reads once a second: 1000.")
    ] = round(1000 * cloud.READ_EVERY),
) -> None:
    """Start the local cloud and deploy template.yaml; if it is running, update the deployment."""
    with report_errors():
        deployment = cloud.up(settings=cloud.Settings(read_every=polling_ms / 1000, say=console.print))
    console.print(f"API      {deployment.api_url}\nkey      {deployment.api_key}\nAWS      {deployment.endpoint_url}")
    console.print(
        "Try: millstream publish mug-1 'Blue mug'   millstream send alice ItemViewed mug-1   millstream recommend bob"
    )


@app.command()
def down() -> None:
    """Stop the local cloud and delete its data."""
    with report_errors():
        console.print("The local cloud is stopped." if cloud.down() else "No local cloud was running.")


@app.command()
def status() -> None:
    """Print whether the local cloud is running, its endpoints, and what its stream poller has delivered."""
    with report_errors():
        found = cloud.status()
    if found.deployment is None:
        console.print("No local cloud is running: start one with `millstream up`.")
        raise typer.Exit(1)
    console.print(f"server   {'running' if found.server_running else 'not running'}")
    console.print(f"poller   {'running' if found.poller_running else 'not running'}")
    console.print(f"API      {found.deployment.api_url}\nkey      {found.deployment.api_key}")
    for counts in found.deliveries:
        console.print(_delivery_line(counts), highlight=False, markup=False, soft_wrap=True)
    if not found.running:
        raise typer.Exit(1)


def _delivery_line(counts: Counters) -> str:
    """One function's stream delivery counts, as one line."""
    line = (
        f"stream   {counts.function}: {counts.records_delivered} of {counts.records_read} records delivered, "
        f"{counts.records_retried} retried, {counts.records_discarded} discarded"
    )
    return f"{line}; last error: {counts.last_error}" if counts.last_error else line
