"""`millstream imports`: list imports, and correct them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from millstream.domain.errors import printable
from millstream_tools.cli.answers import answer
from millstream_tools.cli.console import console, interruptible, report_errors
from millstream_tools.cli.import_ import Files, MaxRejects, Rejects, ThenRebuild, import_files, voiding
from millstream_tools.cli.progress import bar
from millstream_tools.cli.reading_options import Reading, input_files, with_reading
from millstream_tools.cli.target import AsJson, StackName, Yes
from millstream_tools.explained import ExplainedError

if TYPE_CHECKING:
    from millstream_tools.ops.stack import Stack

Number = Annotated[int, typer.Argument(metavar="N", help="The number of an import.", min=1, show_default=False)]

app = typer.Typer(help="List imports by their number in the log, and correct them.", invoke_without_command=True)


@app.callback()
def list_imports(context: typer.Context, *, as_json: AsJson = False, stack: StackName = "") -> None:
    """List all imports, by their number in the log; with a command, correct them."""
    if context.invoked_subcommand is not None:
        # A stack that only the list would use must not be ignored: the command would work on another one.
        source = context.get_parameter_source("stack")
        if source is not None and source.name == "COMMANDLINE":
            with report_errors():
                raise ExplainedError(f"expected --stack after {context.invoked_subcommand}, got it before")
        return
    from millstream_tools.cli.import_shown import behind_as_json, show_behind, show_entries
    from millstream_tools.ops.imports.following import views_behind
    from millstream_tools.ops.stack import open_stack

    with report_errors():
        opened = open_stack(stack or None)
        entries, behind = opened.imports().entries(), views_behind(opened)
    if as_json:
        answer({"imports": [asdict(entry) for entry in entries]} | behind_as_json(*behind), [], as_json=True)
    else:
        show_entries(entries, *behind)
        show_behind(*behind)


@app.command()
def void(
    number: Number,
    *,
    yes: Yes = False,
    then_rebuild: ThenRebuild = True,
    as_json: AsJson = False,
    stack: StackName = "",
) -> None:
    """Void an import: views, training sets and fits leave its events out from then on.

    The log says so, in one event; the events stay in the archive. The same files can be imported again.
    """
    from millstream_tools.cli.import_shown import behind_as_json, show_behind, show_dropped
    from millstream_tools.ops.imports.following import rebuild_views, views_behind
    from millstream_tools.ops.stack import open_stack

    with report_errors(), interruptible("run the same command again to complete it"):
        opened = open_stack(stack or None)
        if not yes:
            _confirm("Void", number, opened)
        new = voiding(opened)(number)
        dropped = rebuild_views(opened, bar) if then_rebuild else {}
        behind = views_behind(opened)
    if as_json:
        found = {"number": number, "changed": bool(new), "dropped": dropped}
        answer(found | behind_as_json(*behind), [], as_json=True)
        return
    console.print(f"Import {number} is void{'.' if new else ' already.'}", highlight=False)
    show_dropped(dropped)
    show_behind(*behind)


@app.command()
@with_reading
def replace(
    number: Number,
    files: Files,
    reading: Reading,
    *,
    rejects: Rejects = None,
    max_rejects: MaxRejects = None,
    yes: Yes = False,
    then_rebuild: ThenRebuild = True,
    as_json: AsJson = False,
    stack: StackName = "",
) -> None:
    """Import files in place of an earlier import, which is voided: to correct its mapping or its files.

    The options are those of `millstream import`. The new import has its own number, and so its own place in the log.
    Files from standard input need --yes, because nothing is left there to answer with.
    """
    from millstream_tools.ops.stack import open_stack

    with report_errors(), interruptible("run the same command again to complete it"), input_files(files) as paths:
        if not yes:
            _confirm("Replace", number, open_stack(stack or None))
        import_files(
            paths,
            reading.read(paths),
            rejects,
            max_rejects,
            stack,
            again=False,
            then_rebuild=then_rebuild,
            replaces=number,
            as_json=as_json,
        )


def _confirm(verb: str, number: int, stack: Stack) -> None:
    """Ask, unless nothing would be voided. Raises UnknownImportError, and Abort."""
    from millstream_tools.ops.imports.earlier import entry_of

    entry = entry_of(number, stack.imports().entries())
    if not entry.void:
        what = f"import {number} ({printable(entry.what)})"
        typer.confirm(f"{verb} {what}? Its events stop counting, which cannot be undone.", abort=True)
