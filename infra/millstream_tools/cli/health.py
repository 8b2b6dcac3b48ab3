"""`millstream health`: whether the API can compute recommendations."""

from __future__ import annotations

import typer

from millstream_tools.cli.answers import answer
from millstream_tools.cli.console import report_errors
from millstream_tools.cli.target import AsJson, Key, Url, open_api

app = typer.Typer()


@app.command()
def health(*, as_json: AsJson = False, url: Url = "", key: Key = "") -> None:
    """Print the health of the API and the model that serves. Exits with status 1 unless all is well."""
    with report_errors():
        found = open_api(url, key).health()
    degraded = ", ".join(found["degraded"])
    lines = [f"status   {found['status']}" + (f": cannot be read: {degraded}" if degraded else "")]
    lines.append(f"model    {found['modelVersion'] or 'none: unknown and known users get the trending items'}")
    answer(found, lines, as_json=as_json)
    if found["status"] != "ok":
        raise typer.Exit(1)
