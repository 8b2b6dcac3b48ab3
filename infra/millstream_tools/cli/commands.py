"""`millstream`: a local cloud, a demo, and a client for a deployed stack."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from millstream_tools.cli import (
    adopt,
    archive,
    catalogue,
    cloud,
    dataset,
    demo,
    dlq,
    erase,
    events,
    health,
    import_,
    imports,
    items,
    lab,
    localstack,
    models,
    rebuild,
    recommendations,
    verify,
    views,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"millstream {version('millstream')}")
        raise typer.Exit


app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
COMMANDS = (cloud, demo, localstack, import_, items, events, recommendations, health, adopt, erase, verify, rebuild)


@app.callback(help=__doc__)
def millstream(
    *,
    show_version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print it.")
    ] = False,
) -> None:
    """See the module."""


for module in COMMANDS:
    app.add_typer(module.app)
app.add_typer(archive.app, name="archive")
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(dataset.app, name="dataset")
app.add_typer(dlq.app, name="dlq")
app.add_typer(imports.app, name="imports")
app.add_typer(lab.app, name="lab")
app.add_typer(models.app, name="models")
app.add_typer(views.app, name="views")
