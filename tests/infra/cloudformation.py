"""Finds things in a parsed CloudFormation template."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from millstream_tools.cloud.local.template import Template

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template.yaml"
ALARMS = ROOT / "infra" / "observability" / "template.yaml"
FLOWS = tuple(sorted(ROOT.glob("infra/statemachines/*/template.yaml")))
"""The nested templates of the Step Functions flows."""
REBUILD = ROOT / "infra" / "statemachines" / "rebuild" / "rebuild.asl.json"

STEPS_OF_A_REBUILD = (
    "PlanRebuild",
    "SplitArchive",
    "SplitStream",
    "FoldUsers",
    "FoldTrends",
    "CheckView",
    "SwitchView",
)
"""In their order; each is a state, a function and a folder."""


def resources(template: Template, *types: str) -> dict[str, dict[str, Any]]:
    """The properties of every resource of these types, by logical id; fails when there is none."""
    found = {
        logical_id: resource.get("Properties", {})
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] in types
    }
    assert found, f"the template has no {' or '.join(types)}"
    return found


def functions(template: Template) -> dict[str, dict[str, Any]]:
    """The properties of every function, by logical id."""
    return resources(template, "AWS::Serverless::Function")


def folder_of(logical_id: str) -> str:
    """AcceptEvents → accept_events."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", logical_id).lower()


def caller_of(function: dict[str, Any]) -> str:
    """What calls a function, by the folder above its own: http, stream, or a flow."""
    return Path(function["CodeUri"]).parent.name


def environment(function: dict[str, Any]) -> dict[str, Any]:
    """What a function declares beyond Globals."""
    variables: dict[str, Any] = function["Environment"]["Variables"]
    return variables


def statements(function: dict[str, Any]) -> list[dict[str, Any]]:
    """Every policy statement of a function."""
    return [statement for policy in function["Policies"] for statement in policy["Statement"]]


def rebuild_states() -> dict[str, Any]:
    """The state machine of a rebuild."""
    machine: dict[str, Any] = json.loads(REBUILD.read_text(encoding="utf-8"))
    return machine


def references(value: object) -> Iterator[str]:
    """Every logical id that `value` names through Ref, GetAtt or Sub; AWS:: pseudo parameters left out."""
    if isinstance(value, list):
        for entry in value:
            yield from references(entry)
    elif isinstance(value, dict):
        yield from _named(value)
        for entry in value.values():
            yield from references(entry)


def _named(intrinsic: dict[str, Any]) -> Iterator[str]:
    match intrinsic:
        case {"Ref": str(name)} if not name.startswith("AWS::"):
            yield name.split(".")[0]
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
            places = (part.split("}", 1)[0] for part in text.split("${")[1:])
            yield from (place.split(".")[0] for place in places if not place.startswith("AWS::"))
