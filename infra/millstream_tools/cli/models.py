"""`millstream models`: list, fit, publish, promote and roll back models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from millstream.adapters.local.system_clock import SystemClock
from millstream.application.models import promote_model, publish_model, roll_back_model
from millstream_tools.cli import models_fit
from millstream_tools.cli.answers import answer
from millstream_tools.cli.console import console, errors, interruptible, report_errors
from millstream_tools.cli.models_shown import Registry, listing, model_lines, moment, plain_listing, plain_model
from millstream_tools.cli.progress import byte_bar
from millstream_tools.cli.target import AsJson, StackName
from millstream_tools.ops.stack import open_stack
from millstream_tools.terminal import escape, json_text

app = typer.Typer(help="Models: fit, publish, promote, roll back.", no_args_is_help=True)
app.add_typer(models_fit.app)

UNPUBLISHED = "the serving model did not change; run the same command again to publish"
EMPTY = "No model is published. Run `millstream models publish FOLDER` to publish one."
Version = Annotated[str, typer.Argument(help="As printed by `millstream models list`.", show_default=False)]


@app.command("list")
def list_models(*, as_json: AsJson = False, stack: StackName = "") -> None:
    """List all models, newest first: algorithm, creation time, metrics, and which one serves."""
    with report_errors():
        registry = Registry.of(open_stack(stack).models(), _left_out)
    if as_json:
        typer.echo(json_text(plain_listing(registry)))
    elif not registry.models:
        console.print(EMPTY)
    else:
        typer.echo(listing(registry))


def _left_out(_version: str, error: Exception) -> None:
    errors.print(f"left out: {escape(str(error))}", highlight=False, soft_wrap=True)


@app.command()
def show(version: Version, *, as_json: AsJson = False, stack: StackName = "") -> None:
    """Print one model: its card, its training set, the inputs and outputs of its graph, and when it served."""
    with report_errors():
        store = open_stack(stack).models()
        model, promotions = store.model(version), store.promotions()
    if as_json:
        typer.echo(json_text(plain_model(model, promotions)))
    else:
        typer.echo("\n".join(model_lines(model, promotions)))


@app.command()
def publish(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="A model folder, as written by `models fit`.")
    ],
    *,
    as_json: AsJson = False,
    stack: StackName = "",
) -> None:
    """Check a model folder and store it in the registry. It serves once it is promoted."""
    with report_errors(), interruptible(UNPUBLISHED):
        # Imported here because the other commands do not need numpy and onnxruntime.
        from millstream.scoring.publishable import publishable
        from millstream.scoring.stored_models import check_stored

        whole = folder.resolve()
        model = publishable(whole, SystemClock().now_ms())
        size = sum(path.stat().st_size for path in whole.iterdir())
        store = open_stack(stack).models()
        with byte_bar(f"Storing {model.version}", size) as advance:
            done = publish_model(store, model, whole, check_stored, advance)
    version = done.model.version
    if done.fresh:
        message = f"{version} is published. Run `millstream models promote {version}` to serve it."
    elif done.restored:
        message = f"{version} was published before; its stored files were damaged and are restored."
    else:
        message = f"{version} is already published, since {moment(done.model.published_at_ms)}: nothing changed."
    answer({"version": version, "fresh": done.fresh, "restored": done.restored}, message, as_json=as_json)


@app.command()
def promote(version: Version, *, as_json: AsJson = False, stack: StackName = "") -> None:
    """Make a model the serving one. Fails if another promotion happened at the same time."""
    with report_errors():
        from millstream.scoring.stored_models import check_stored

        done = promote_model(open_stack(stack).models(), SystemClock(), check_stored, version)
    if done is None:
        message = f"{version} already serves: nothing changed."
    elif done.replaced is None:
        message = f"{version} serves. No model served before."
    else:
        message = f"{version} serves, in place of {done.replaced}. Run `millstream models rollback` to return to it."
    found = {"version": version, "replaced": done.replaced if done else version, "changed": done is not None}
    answer(found, message, as_json=as_json)


@app.command()
def rollback(*, as_json: AsJson = False, stack: StackName = "") -> None:
    """Return to the model that served before the current one. Repeat to go further back."""
    with report_errors():
        from millstream.scoring.stored_models import check_stored

        done = roll_back_model(open_stack(stack).models(), SystemClock(), check_stored)
    message = f"{done.version} serves again, in place of {done.replaced}."
    answer({"version": done.version, "replaced": done.replaced, "changed": True}, message, as_json=as_json)
