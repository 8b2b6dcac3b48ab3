"""`millstream models`: what is published, what serves, and what serves next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from millstream.adapters.local.system_clock import SystemClock
from millstream.application.models import promote_model, publish_model, roll_back_model
from millstream_tools.cli import models_fit
from millstream_tools.cli.console import console, interruptible, report_errors
from millstream_tools.cli.models_shown import Registry, listing, model_lines, moment, plain_listing, plain_model
from millstream_tools.cli.progress import byte_bar
from millstream_tools.cli.target import AsJson, StackName
from millstream_tools.ops.stack import open_stack

app = typer.Typer(help="Models: published once, promoted to serve, rolled back.", no_args_is_help=True)
app.add_typer(models_fit.app)

UNPUBLISHED = "nothing serves that did not serve before, and the same command again publishes the model"
EMPTY = "No model is published. `millstream models publish FOLDER` publishes one."
Version = Annotated[str, typer.Argument(help="As `millstream models list` prints it.", show_default=False)]


@app.command("list")
def list_models(*, as_json: AsJson = False, stack: StackName = "") -> None:
    """Print every model, the newest first: what it is, when it was made, how good it was, and which one serves."""
    with report_errors():
        registry = Registry.of(open_stack(stack).models())
    if as_json:
        typer.echo(json.dumps(plain_listing(registry), indent=2, ensure_ascii=False))
    elif not registry.models:
        console.print(EMPTY)
    else:
        typer.echo(listing(registry))


@app.command()
def show(version: Version, *, as_json: AsJson = False, stack: StackName = "") -> None:
    """Print all that is known of a model: its card, what it was made of, what its graph takes, and when it served."""
    with report_errors():
        store = open_stack(stack).models()
        model, promotions = store.model(version), store.promotions()
    if as_json:
        typer.echo(json.dumps(plain_model(model, promotions), indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(model_lines(model, promotions)))


@app.command()
def publish(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="A model's folder, as an export writes it.")
    ],
    *,
    stack: StackName = "",
) -> None:
    """Check a model's folder and store it. It does not serve before it is promoted; again, nothing is changed."""
    with report_errors(), interruptible(UNPUBLISHED):
        # Here, because the other commands do without numpy and onnxruntime.
        from millstream.scoring.publishable import publishable

        whole = folder.resolve()
        model = publishable(whole, SystemClock().now_ms())
        size = sum(path.stat().st_size for path in whole.iterdir())
        store = open_stack(stack).models()
        with byte_bar(f"Storing {model.version}", size) as advance:
            done = publish_model(store, model, whole, advance)
    version = done.model.version
    if done.fresh:
        told = f"{version} is published. Run `millstream models promote {version}` to serve it."
    else:
        told = f"{version} is published already, since {moment(done.model.published_at_ms)}: nothing was changed."
    console.print(told, highlight=False, markup=False, soft_wrap=True)


@app.command()
def promote(version: Version, *, stack: StackName = "") -> None:
    """Let a model serve in place of the one that serves now, unless somebody else was faster."""
    with report_errors():
        done = promote_model(open_stack(stack).models(), SystemClock(), version)
    if done is None:
        told = f"{version} serves already: nothing was changed."
    elif done.replaced is None:
        told = f"{version} serves. No model served before."
    else:
        told = f"{version} serves, in place of {done.replaced}. `millstream models rollback` returns to that."
    console.print(told, highlight=False, markup=False, soft_wrap=True)


@app.command()
def rollback(*, stack: StackName = "") -> None:
    """Let the model serve again that served before the champion was promoted; once more goes further back."""
    with report_errors():
        done = roll_back_model(open_stack(stack).models(), SystemClock())
    told = f"{done.version} serves again, in place of {done.replaced}."
    console.print(told, highlight=False, markup=False, soft_wrap=True)
