"""`millstream up`, `millstream status`, `millstream down`: the local cloud."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from millstream_tools.cli.answers import answer
from millstream_tools.cli.console import console, errors, report_errors
from millstream_tools.cli.declaring import declaration_text
from millstream_tools.cli.target import AsJson
from millstream_tools.cloud.local import cloud
from millstream_tools.cloud.local.poller.counters import Counters

TRY = ("publish mug-1 'Blue mug'", "send alice ItemViewed mug-1", "recommend bob")

app = typer.Typer()


@app.command()
def up(
    *,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the API. Default: a free one.")] = None,
    persist: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="A folder that keeps all data, also when the local cloud is killed. Default: none does.",
        ),
    ] = None,
    polling_ms: Annotated[
        int, typer.Option(min=1, help="Milliseconds between two reads of the stream; AWS reads once a second: 1000.")
    ] = round(1000 * cloud.READ_EVERY),
    attributes: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            exists=True,
            help="A JSON file with the declared attributes of users. Default: those of the running local cloud.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start the local cloud and deploy template.yaml; if it is running, update the deployment."""
    with report_errors():
        say = errors.print if as_json else console.print
        parameters = {"Attributes": _declared(attributes)}
        settings = cloud.Settings(
            keep_in=persist, port=port, read_every=polling_ms / 1000, parameters=parameters, say=say
        )
        deployment = cloud.up(settings=settings)
    found = {"apiUrl": deployment.api_url, "apiKey": deployment.api_key, "endpointUrl": deployment.endpoint_url}
    lines = [f"API      {deployment.api_url}", f"key      {deployment.api_key}", f"AWS      {deployment.endpoint_url}"]
    lines += ["Try:", *(f"  millstream {command}" for command in TRY)]
    answer(found, lines, as_json=as_json)


def _declared(file: Path | None) -> str:
    """The text of a declaration, checked. Raises InvalidInputError."""
    if file is None:
        running = cloud.status().deployment
        return running.outputs.get("Attributes", "") if running else ""
    text = declaration_text(file)
    return json.dumps(json.loads(text)) if text.strip() else ""


@app.command()
def down(*, as_json: AsJson = False) -> None:
    """Stop the local cloud. Its data are deleted, except what `up --persist FOLDER` keeps."""
    with report_errors():
        kept_in = cloud.status().kept_in
        was_running = cloud.down()
    line = "The local cloud is stopped." if was_running else "No local cloud was running."
    line += f" Its data are in {kept_in}." if was_running and kept_in else ""
    answer({"wasRunning": was_running, "keptIn": kept_in}, line, as_json=as_json)


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """Print whether the local cloud is running, its endpoints, and what its stream poller has delivered."""
    with report_errors():
        found = cloud.status()
    answer({"running": found.running} | asdict(found), _status_lines(found), as_json=as_json)
    if not found.running:
        raise typer.Exit(1)


def _status_lines(found: cloud.CloudStatus) -> list[str]:
    if found.deployment is None:
        return ["No local cloud is running: start one with `millstream up`."]
    lines = [
        f"server   {'running' if found.server_running else 'not running'}",
        f"poller   {'running' if found.poller_running else 'not running'}",
    ]
    if not found.server_running:
        kept = f"are in {found.kept_in}" if found.kept_in else "are lost"
        lines.append(f"It ended without `millstream down`; its data {kept}. Start it again with `millstream up`.")
        return lines
    lines += [f"API      {found.deployment.api_url}", f"key      {found.deployment.api_key}"]
    return [*lines, *map(_delivery_line, found.deliveries)]


def _delivery_line(counts: Counters) -> str:
    """One function's stream delivery counts, as one line."""
    line = (
        f"stream   {counts.function}: {counts.records_delivered} of {counts.records_read} records delivered, "
        f"{counts.records_retried} retried, {counts.records_discarded} discarded"
    )
    return f"{line}; last error: {counts.last_error}" if counts.last_error else line
