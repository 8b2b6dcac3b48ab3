"""`millstream models fit`: a model of the stack's own events, or of files, as the folder that is published."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from millstream_tools.cli.console import console, interruptible, report_errors
from millstream_tools.cli.dataset import Until
from millstream_tools.cli.import_ import Column, EventType, Time
from millstream_tools.cli.lab_surroundings import say
from millstream_tools.cli.progress import bar, byte_bar
from millstream_tools.cli.target import StackName
from millstream_tools.explained import ExplainedError
from millstream_tools.ops.stack import open_stack

if TYPE_CHECKING:
    from millstream.learning.road import Data, Fitted

UNFINISHED = "no model was written"

Set = Annotated[list[str] | None, typer.Option("--set", metavar="KNOB=VALUE", help="A knob of the family; repeatable.")]

app = typer.Typer()


@app.command()
def fit(
    folder: Annotated[
        Path | None,
        typer.Argument(file_okay=False, help="For the model; one that lies there is replaced. Not needed to publish."),
    ] = None,
    *,
    from_log: Annotated[bool, typer.Option("--from-log", help="Fit on the stack's own events (the default).")] = False,
    from_file: Annotated[
        list[Path] | None, typer.Option(exists=True, help="Fit on a file that `import` can read; repeatable.")
    ] = None,
    mapping: Annotated[str | None, typer.Option(help="With --from-file, as the columns: as for `import`.")] = None,
    user: Column = None,
    item: Column = None,
    moment: Time = None,
    event_type: EventType = None,
    value: Column = None,
    session: Column = None,
    until: Until = None,
    family: Annotated[str, typer.Option(help="covisitation, item_knn, popularity; more with the extra `lab`.")] = (
        "covisitation"
    ),
    set_: Set = None,
    seed: Annotated[int, typer.Option(help="For families that draw.")] = 0,
    publish: Annotated[bool, typer.Option("--publish", help="Store the model in the stack.")] = False,
    promote: Annotated[bool, typer.Option("--promote", help="Store it, and let it serve.")] = False,
    stack: StackName = "",
) -> None:
    """Fit a model on the events of a stack, or of files, and measure it on the last fifth of them.

    The model is fitted twice: on the first four fifths, to be asked about the rest as it will serve, and on everything.
    """
    with report_errors(), interruptible(UNFINISHED), ExitStack() as temporary:
        if from_log and from_file:
            raise ExplainedError("expected --from-log or --from-file, got both")
        if folder is None and not (publish or promote):
            raise ExplainedError("expected a FOLDER for the model, --publish or --promote, got none of them")
        into = folder or Path(temporary.enter_context(tempfile.TemporaryDirectory(prefix="millstream-fit-"))) / "model"
        columns = {
            "user": user, "item": item, "time": moment, "event_type": event_type, "value": value, "session": session,
        }  # fmt: skip
        if not from_file and (mapping or any(columns.values())):
            raise ExplainedError("expected --from-file with a mapping or columns, got none")
        data = _of_files(from_file, mapping, columns) if from_file else _of_log(stack, until)
        made = _fitted(data, family, _knobs(set_ or []), seed, into)
        show_fitted(made)
        told = f"{made.version} is in {folder}. `millstream models publish {folder}` publishes it."
        if publish or promote:
            from millstream_tools.ops.learning import publish as store

            store(open_stack(stack).models(), into.resolve(), promote=promote)
            told = f"{made.version} {'serves' if promote else 'is published'}."
    console.print(told, highlight=False, markup=False, soft_wrap=True)


def _of_log(stack: str, until: str | None) -> Data:
    # Here, because the other commands do without numpy.
    from millstream.application.learn.cut import parse_until
    from millstream.learning.road import Data
    from millstream_tools.ops.learning import training_set

    made = training_set(open_stack(stack), None if until is None else parse_until(until), byte_bar)
    if made.log is not None and made.log.unreadable:
        say(f"Left out: {made.log.unreadable:,} records that cannot be read")
    say(f"Training set {made.id}: {len(made.data):,} events of {len(made.data.users):,} users")
    return Data(made.data, made.id, made.log)


def _of_files(files: list[Path], mapping: str | None, columns: Mapping[str, str | None]) -> Data:
    from millstream.learning.road import Data
    from millstream_tools.readers.digest import sha256_of_all
    from millstream_tools.readers.interactions import read_interactions
    from millstream_tools.readers.mapping_file import read_mapping

    read = read_mapping(mapping, {name: one for name, one in columns.items() if one is not None})
    rows, tally = read_interactions(files, read, bar, lambda _: None)
    say(f"{tally.rows:,} rows: {tally.events:,} events, {tally.rejected:,} rejected")
    for reject in tally.first_rejects:
        say(f"  {reject}")
    return Data(rows, sha256_of_all(files))


def _fitted(data: Data, family: str, knobs: dict[str, Any], seed: int, into: Path) -> Fitted:
    from millstream.learning.evaluation.next_items import next_items_split
    from millstream.learning.families.families import LIGHT, Families
    from millstream.learning.road import Recipe, fit_model

    light = Families(LIGHT)
    if family in light.names:
        made = light.made
    else:
        from millstream_tools.cli.lab_surroundings import needing

        with needing("lab"):
            from millstream_tools.lab.models.families import made
    recipe = Recipe(lambda: made(family, knobs), seed)
    return fit_model(data, recipe, next_items_split, into, time.time_ns() // 1_000_000, bar, say)


def _knobs(stated: list[str]) -> dict[str, Any]:
    """`backward=0.5` and the like; values as YAML has them."""
    pairs = [one.partition("=") for one in stated]
    for name, equals, _ in pairs:
        if not equals:
            raise ExplainedError(f"--set: expected KNOB=VALUE, got {name}")
    return {name: yaml.safe_load(value) for name, _, value in pairs}


def show_fitted(made: Fitted) -> None:
    """How good the model was, and what fitting it took."""
    for name, metrics in made.metrics.items():
        say(f"{', '.join(f'{metric} {mean:.4f}' for metric, mean in metrics.items())}: {name}")
    say(f"Fitted on everything in {made.cost.wall_s:,.1f} s, {made.cost.cpu_s:,.1f} s of CPU")
