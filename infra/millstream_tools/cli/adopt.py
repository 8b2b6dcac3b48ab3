"""`millstream adopt`: prepare the import of a deleted stack's data into a new stack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from millstream_tools.cli.answers import answer
from millstream_tools.cli.console import report_errors
from millstream_tools.cli.target import AsJson
from millstream_tools.cloud.local.template import read_template
from millstream_tools.explained import ExplainedError
from millstream_tools.ops.adoption import retained, to_import
from millstream_tools.places import TEMPLATE

app = typer.Typer()


@app.command()
def adopt(
    into: Annotated[Path, typer.Argument(file_okay=False, help="Folder for the two files.")] = Path(),
    *,
    as_json: AsJson = False,
) -> None:
    """Write what CloudFormation needs to import the tables, buckets, key and secret of a deleted stack.

    See docs/adopting.md.
    """
    template = read_template(TEMPLATE)
    written = {"template": into / "retained.json", "resources": into / "to-import.json"}
    with report_errors():
        for path in written.values():
            if path.exists():
                raise ExplainedError(f"{path} exists: remove it, or give another folder")
        into.mkdir(parents=True, exist_ok=True)
        written["template"].write_text(json.dumps(retained(template), indent=1))
        written["resources"].write_text(json.dumps(to_import(template), indent=1))
    found = {name: str(path) for name, path in written.items()}
    lines = [f"{found['template']}: the resources that outlive a stack"]
    lines.append(f"{found['resources']}: fill in the names of the retained ones")
    answer(found, lines, as_json=as_json)
