"""`millstream models fit`: fit a model on the stack's own events or on files, and write or publish it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from millstream.domain.declaration import parse_declaration
from millstream.domain.errors import printable
from millstream.domain.slates.slate import USUALLY_EXCLUDED, SeenItems
from millstream_tools.cli.answers import answer
from millstream_tools.cli.console import counted, interruptible, report_errors
from millstream_tools.cli.dataset import Until
from millstream_tools.cli.declaring import declaration_text
from millstream_tools.cli.lab_surroundings import needing, say
from millstream_tools.cli.models_choose import MEMORY_GIB, Budget, Choosing, Memory, Report, Units
from millstream_tools.cli.models_choose import choose as chosen
from millstream_tools.cli.progress import bar, byte_bar
from millstream_tools.cli.reading_options import Reading, input_files, with_reading
from millstream_tools.cli.target import AsJson, StackName
from millstream_tools.cli.verify import print_loss
from millstream_tools.explained import ExplainedError
from millstream_tools.ops.stack import open_stack

if TYPE_CHECKING:
    from millstream.learning.families.contract import Recommender
    from millstream.learning.road import Data, Fitted, Recipe

UNFINISHED = "no model was written"
FAMILIES = (
    "Fit this family instead of choosing: covisitation, item_knn, session_knn, own_items, popularity or blend; with "
    "the extra `lab` also ease, ials, sequence."
)

BLEND = "blend"
OF_THE_LAB = ("ease", "ials", "sequence")
"""Families that can be served and need the extra `lab`."""

Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="KNOB=VALUE", help="A hyperparameter of the family; repeatable.")
]

app = typer.Typer()


@app.command()
@with_reading
def fit(
    folder: Annotated[
        Path | None,
        typer.Argument(file_okay=False, help="Output folder; a model in it is replaced. Optional with --publish."),
    ] = None,
    *,
    reading: Reading,
    from_log: Annotated[bool, typer.Option("--from-log", help="Fit on the stack's own events (the default).")] = False,
    from_file: Annotated[
        list[Path] | None, typer.Option(help="Fit on a file or folder that `import` can read; repeatable.")
    ] = None,
    attributes: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, exists=True, help="With --from-file and --attribute: the declaration, as for `up`."
        ),
    ] = None,
    until: Until = None,
    family: Annotated[str | None, typer.Option(help=FAMILIES)] = None,
    set_: Set = None,
    exclude: Annotated[
        SeenItems | None,
        typer.Option(
            help="With --family: what slates exclude by default with this model; it is evaluated so. Default: session."
        ),
    ] = None,
    choose: Annotated[bool, typer.Option("--choose", help="Choose family and knobs (the default).")] = False,
    budget: Budget = None,
    units: Units = None,
    memory: Memory = MEMORY_GIB,
    report: Report = None,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    publish: Annotated[bool, typer.Option("--publish", help="Publish the model to the stack.")] = False,
    promote: Annotated[bool, typer.Option("--promote", help="Publish the model and make it the serving one.")] = False,
    as_json: AsJson = False,
    stack: StackName = "",
) -> None:
    """Choose the best model for the events of a stack or of files, and fit it on all of them.

    Families and their knobs are compared on a validation part of the events, within a budget; the chosen model is
    tested once, on the last fifth. With --family, that family is fitted and tested in the same way, without a choice.
    """
    with report_errors(), interruptible(UNFINISHED), ExitStack() as temporary:
        if from_log and from_file:
            raise ExplainedError("expected --from-log or --from-file, got both")
        if folder is None and not (publish or promote):
            raise ExplainedError("expected a FOLDER for the model, --publish or --promote, got none")
        if from_file and until is not None:
            raise ExplainedError(
                "expected --until with --from-log, got it with --from-file: leave later rows out of the file"
            )
        into = folder or Path(temporary.enter_context(tempfile.TemporaryDirectory(prefix="millstream-fit-"))) / "model"
        if attributes is not None and not from_file:
            raise ExplainedError("expected --attributes with --from-file, got none: a stack has its own declaration")
        if not from_file and reading != Reading():
            raise ExplainedError("expected --from-file with a mapping or columns, got none")
        if family is None and (set_ or exclude is not None):
            raise ExplainedError("expected --family with --set and --exclude, got none")
        if family is not None and (choose or report is not None or units is not None):
            raise ExplainedError("expected --family, or --choose with --units and --report, got both")
        recipe = None if family is None else _recipe(family, _knobs(set_ or []), seed, into)
        data = _of_files(from_file, reading, attributes) if from_file else _of_log(stack, until)
        proposal = None
        if recipe is None:
            options = Choosing(budget, units, memory, report)
            proposal = chosen(data, options, seed, into, _now_ms(), None if from_file else open_stack(stack))
            fitted = proposal.fitted
        else:
            fitted = _fit(data, recipe, into, exclude)
        print_fitted(fitted)
        message = f"{fitted.version} is in {folder}. Run `millstream models publish {folder}` to publish it."
        if publish or promote:
            from millstream_tools.ops.learning import publish as store

            store(open_stack(stack).models(), into.resolve(), promote=promote)
            message = f"{fitted.version} {'serves' if promote else 'is published'}."
    found = {
        "version": fitted.version,
        "folder": None if folder is None else str(folder),
        "published": publish or promote,
        "promoted": promote,
        "metrics": fitted.metrics,
        "choice": None if proposal is None else proposal.plain(),
    }
    answer(found, message, as_json=as_json)


def _of_log(stack: str, until: str | None) -> Data:
    # Imported here because the other commands do not need numpy.
    from millstream.application.learn.cut import parse_until
    from millstream.learning.road import Data
    from millstream_tools.ops.learning import training_set

    training = training_set(open_stack(stack), None if until is None else parse_until(until), byte_bar, print_loss)
    if training.log is not None and training.log.unreadable:
        say(f"Left out: {training.log.unreadable:,} unreadable records")
    say(f"Training set {training.id}: {len(training.data):,} events of {len(training.data.users):,} users")
    return Data(training.data, training.id, training.log)


def _of_files(files: list[Path], reading: Reading, attributes: Path | None) -> Data:
    from millstream.learning.road import Data
    from millstream_tools.readers.digest import sha256_of_all
    from millstream_tools.readers.interactions import read_interactions

    with input_files(files) as paths:
        declared = parse_declaration("" if attributes is None else declaration_text(attributes))
        rows, tally = read_interactions(paths, reading.read(paths), bar, lambda _: None, declared)
        digest = sha256_of_all(paths)
    say(f"{counted(tally.rows, 'row')}: {counted(tally.events, 'event')}, {tally.rejected:,} rejected")
    if without := tally.events - len(rows):
        say(f"Left out: {without:,} that repeat an event or are not about an item")
    for reject in tally.first_rejects:
        say(printable(f"  {reject}"))
    return Data(rows, digest)


def _recipe(family: str, knobs: dict[str, Any], seed: int, into: Path) -> Recipe:
    """What is to be fitted, checked before any event is read."""
    from millstream.learning.export.model import check_servable
    from millstream.learning.export.place import check_place
    from millstream.learning.road import Recipe

    create = _creating(family)
    recipe = Recipe(lambda: create(family, knobs), seed)
    check_servable(recipe.make())
    check_place(into)
    return recipe


def _creating(family: str) -> Callable[[str, Mapping[str, Any]], Recommender]:
    from millstream.learning.families.families import LIGHT, Families

    light = Families(LIGHT)
    if family not in (*light.names, *OF_THE_LAB):
        raise ExplainedError(f"family: expected one of {', '.join((*light.names, *OF_THE_LAB))}, got {family}")
    if family in LIGHT or (family == BLEND and find_spec("scipy") is None):
        return light.create
    with needing("lab"):
        from millstream_tools.lab.models.families import create
    return create


def _fit(data: Data, recipe: Recipe, into: Path, exclude: SeenItems | None) -> Fitted:
    from millstream.learning.evaluation.next_items import next_items_split
    from millstream.learning.road import fit_model

    split = partial(next_items_split, exclude=(exclude or USUALLY_EXCLUDED).value)
    return fit_model(data, recipe, split, into, _now_ms(), bar, say, exclude)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _knobs(stated: list[str]) -> dict[str, Any]:
    """Parse `backward=0.5` and the like; values are YAML."""
    pairs = [one.partition("=") for one in stated]
    for name, equals, _ in pairs:
        if not equals:
            raise ExplainedError(f"--set: expected KNOB=VALUE, got {name}")
    return {name: yaml.safe_load(value) for name, _, value in pairs}


def print_fitted(fitted: Fitted) -> None:
    """Print the model's metrics and the time that fitting took."""
    for name, metrics in fitted.metrics.items():
        say(f"{', '.join(f'{metric} {mean:.4f}' for metric, mean in metrics.items())}: {name}")
    say(f"Fitted on all events in {fitted.cost.wall_s:,.1f} s, {fitted.cost.cpu_s:,.1f} s of CPU")
