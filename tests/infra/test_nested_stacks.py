"""What holds for every stack that the root nests, and for those of them that are Step Functions flows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from millstream_tools.cloud.local.template import Template, read_template
from tests.infra.cloudformation import ALARMS, FLOWS, ROOT, TEMPLATE, references
from tests.infra.nesting import nested_stacks, told

ROOT_TEMPLATE = read_template(TEMPLATE)
FLOW_IDS = [flow.parent.name for flow in FLOWS]


def test_every_template_is_nested_by_the_root() -> None:
    """A flow that nobody nests is never deployed; a template elsewhere would escape these tests."""
    assert set(nested_stacks(ROOT_TEMPLATE)) == {ALARMS, *FLOWS} == set(ROOT.glob("infra/*/**/template.yaml"))


@pytest.mark.parametrize("file", [ALARMS, *FLOWS], ids=["alarms", *FLOW_IDS])
def test_a_nested_stack_is_told_everything_that_it_asks_for_and_uses_it(file: Path) -> None:
    """A missing parameter fails the deployment half-way; an unused one is noise."""
    nested = read_template(file)
    _, properties = nested_stacks(ROOT_TEMPLATE)[file]
    assert set(properties["Parameters"]) == set(nested["Parameters"])
    used = references([nested.get(part) for part in ("Globals", "Conditions", "Resources")])
    assert set(nested["Parameters"]) <= set(used)


@pytest.mark.parametrize("file", FLOWS, ids=FLOW_IDS)
def test_a_flow_is_a_folder_with_one_machine_and_one_template(file: Path) -> None:
    """infra/statemachines/rebuild: rebuild.asl.json, the machine Rebuild in template.yaml, RebuildFlow in the root."""
    name = file.parent.name
    (logical_id,) = (
        logical_id
        for logical_id, resource in read_template(file)["Resources"].items()
        if resource["Type"] == "AWS::Serverless::StateMachine"
    )
    assert {path.name for path in file.parent.iterdir()} == {"template.yaml", f"{name}.asl.json"}
    assert re.sub(r"(?<!^)(?=[A-Z])", "_", logical_id).lower() == name
    assert nested_stacks(ROOT_TEMPLATE)[file][0] == f"{logical_id}Flow"


@pytest.mark.parametrize("file", FLOWS, ids=FLOW_IDS)
def test_a_flow_repeats_the_globals_of_the_root_and_changes_nothing_in_them(file: Path) -> None:
    """Globals reach no nested template, so they stand twice."""
    flow = told(read_template(file), nested_stacks(ROOT_TEMPLATE)[file][1]["Parameters"])
    assert flow["Globals"]["Function"] == ROOT_TEMPLATE["Globals"]["Function"]


def test_nothing_of_a_nested_stack_has_the_name_of_something_in_the_root(template: Template) -> None:
    """A name that is given twice lets one of the two stacks fail, wherever it is deployed for the first time."""
    named = [
        (resource["Type"], str(properties[field]))
        for resource in template["Resources"].values()
        for properties in [resource.get("Properties", {})]
        for field in ("LogGroupName", "Name", "FunctionName", "BucketName", "TableName", "RoleName")
        if field in properties
    ]
    assert len(named) == len(set(named))
