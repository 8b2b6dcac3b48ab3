"""What CloudFormation is given to import what a deleted stack left behind."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from typer.testing import CliRunner

from millstream_tools.cli.commands import app
from millstream_tools.cloud.local.template import Template, read_template
from tests.infra.cloudformation import ROOT
from tests.infra.commands import run
from tests.infra.test_stored_data import KEPT

OF_NESTED_STACKS = {"RebuildBucket"}
"""What is in it goes by itself."""


def files(folder: Path) -> tuple[Template, list[dict[str, object]]]:
    """What `millstream adopt` writes."""
    done = CliRunner().invoke(app, ["adopt", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    written = json.loads(done.stdout)
    return read_template(Path(written["template"])), json.loads(Path(written["resources"]).read_text())


def test_everything_that_is_kept_is_imported_as_it_is_described(tmp_path: Path) -> None:
    """Word for word, or the deployment after the import would replace it."""
    template, resources = files(tmp_path)
    root = read_template(ROOT / "template.yaml")
    assert set(template["Resources"]) == KEPT - OF_NESTED_STACKS
    assert all(template["Resources"][name] == root["Resources"][name] for name in template["Resources"])
    assert {one["LogicalResourceId"] for one in resources} == set(template["Resources"])
    assert all(one["ResourceType"] == root["Resources"][one["LogicalResourceId"]]["Type"] for one in resources)


def test_the_template_of_the_import_is_whole(tmp_path: Path) -> None:
    """It has the parameters and conditions that its resources use, and no others."""
    files(tmp_path)
    done = run(Path(sys.executable).with_name("cfn-lint"), tmp_path / "retained.json")
    assert done.returncode == 0, done.stdout
