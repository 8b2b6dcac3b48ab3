"""`millstream demo`: an end-to-end run on a temporary local cloud."""

from __future__ import annotations

import json
import signal
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from millstream_tools.cli.console import console, report_errors
from millstream_tools.cli.loading import loading
from millstream_tools.cloud.local.cloud import Settings, running_cloud
from millstream_tools.shops.contract.shop import Shop

app = typer.Typer()


@app.command()
def demo(
    *,
    data: Annotated[
        Path | None, typer.Option(help="A recorded shop's file or folder. Default: a simulated shop.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Random seed of the simulated shop and of the probes.")] = 0,
    probes: Annotated[int, typer.Option(help="Number of next events to predict.")] = 1000,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Also write the report to this file, as JSON.")
    ] = None,
) -> None:
    """Deploy to a local cloud, import a shop's history, fit a model, and watch events change recommendations.

    Exits with status 1 if an event is unaccounted for, or if the example customer's recommendations do not change.
    """
    # Imported here because the other commands do not need it and should start quickly.
    with loading():
        from millstream_tools.demo.run import run_demo
        from millstream_tools.demo.screen import print_report

    signal.signal(signal.SIGTERM, _end)
    with report_errors(), tempfile.TemporaryDirectory(prefix="millstream-demo-") as folder:
        shop = _shop(data, seed, probes)
        console.print("Starting a local cloud and deploying template.yaml")
        with running_cloud(Path(folder), Settings(say=console.print)) as cloud:
            report = run_demo(shop, cloud.deployment, console)
    print_report(console, report)
    if json_file is not None:
        json_file.write_text(json.dumps(report.as_json(), indent=2, ensure_ascii=False) + "\n")
    if report.problems:
        raise typer.Exit(1)


def _end(number: int, _frame: object) -> None:
    """Let SIGTERM end the demo as Ctrl-C does, with all cleanup."""
    raise SystemExit(128 + number)


def _shop(data: Path | None, seed: int, probes: int) -> Shop:
    if data is not None:
        from millstream_tools.shops.recorded.open_shop import open_shop

        return open_shop(data, seed=seed, probes=probes)
    from millstream_tools.shops.simulated.simulated_shop import SimulatedShop

    return SimulatedShop(seed=seed, probes=probes)
