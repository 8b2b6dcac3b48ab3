"""Reads the root template and the flows that it nests as one template, so that what holds for one holds for all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from millstream_tools.cloud.local.template import Template, read_template
from tests.infra.cloudformation import FLOWS, ROOT, TEMPLATE, references

NESTED = "AWS::CloudFormation::Stack"
ON_DISK = ("CodeUri", "DefinitionUri")
"""Properties that name something beside their own template."""


def nested_stacks(root: Template) -> dict[Path, tuple[str, dict[str, Any]]]:
    """Template file → logical id and properties of each nested stack."""
    found = {name: one["Properties"] for name, one in root["Resources"].items() if one["Type"] == NESTED}
    return {(ROOT / one["TemplateURL"]).resolve(): (name, one) for name, one in found.items()}


@cache
def whole() -> Template:
    """The root template with the resources of every flow among its own.

    A parameter of a flow is replaced by what the root gives it, an output by what it stands for, and a path on disk by
    that from the root's folder.
    """
    root = read_template(TEMPLATE)
    stacks = nested_stacks(root)
    outputs: dict[str, object] = {}
    for file in FLOWS:
        name, properties = stacks[file]
        flow = told(read_template(file), properties["Parameters"])
        assert not flow["Resources"].keys() & root["Resources"].keys(), f"{file}: a logical id of the root"
        root["Resources"] |= {logical_id: _from_root(one, file) for logical_id, one in flow["Resources"].items()}
        outputs |= {f"{name}.Outputs.{output}": one["Value"] for output, one in flow["Outputs"].items()}
    root["Resources"], root["Outputs"] = _without_outputs([root["Resources"], root["Outputs"]], outputs)
    return root


def told(flow: Template, given: Mapping[str, Any]) -> Template:
    """A flow's template with what the root gives it in place of its parameters."""
    # Its own stack's name is nobody's business: names in it begin with the root's.
    assert "AWS::StackName" not in str(flow), "expected the parameter MillstreamStack in place of AWS::StackName"
    parts = {part: _replaced(value, given) for part, value in flow.items() if part not in ("Parameters", "Description")}
    of_root = set(references(list(given.values())))
    left = (set(references(list(parts.values()))) & flow["Parameters"].keys()) - of_root
    assert not left, f"{', '.join(sorted(left))}: the root gives no value, or it stands where none is put in"
    return {**flow, **parts}


def _replaced(value: Any, given: Mapping[str, Any]) -> Any:
    match value:
        case {"Ref": str(name)} if name in given:
            return given[name]
        case {"Fn::Sub": str(text)}:
            return {"Fn::Sub": re.sub(r"\$\{(\w+)\}", lambda found: _in_text(found[1], given), text)}
        case dict():
            return {key: _replaced(entry, given) for key, entry in value.items()}
        case list():
            return [_replaced(entry, given) for entry in value]
    return value


def _in_text(name: str, given: Mapping[str, Any]) -> str:
    """A ${place} of a text: ${UsersTableArn} → ${UsersTable.Arn}."""
    match given.get(name, {"Ref": name}):
        case {"Ref": str(referred)}:
            return f"${{{referred}}}"
        case {"Fn::GetAtt": [str(referred), str(attribute)]}:
            return f"${{{referred}.{attribute}}}"
    raise AssertionError(f"{name}: expected a reference, got {given[name]}")


def _from_root(resource: dict[str, Any], file: Path) -> dict[str, Any]:
    properties = resource.get("Properties", {})
    paths = {
        name: (file.parent / properties[name]).resolve().relative_to(ROOT).as_posix()
        for name in ON_DISK
        if name in properties
    }
    return {**resource, "Properties": {**properties, **paths}}


def _without_outputs(value: Any, outputs: Mapping[str, object]) -> Any:
    match value:
        case {"Fn::GetAtt": [str(name), str(attribute)]} if f"{name}.{attribute}" in outputs:
            return outputs[f"{name}.{attribute}"]
        case dict():
            return {key: _without_outputs(entry, outputs) for key, entry in value.items()}
        case list():
            return [_without_outputs(entry, outputs) for entry in value]
    return value
