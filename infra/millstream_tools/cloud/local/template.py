"""Reads a CloudFormation template without losing its tags (!Ref, !Sub, !GetAtt and so on)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

Template = dict[str, Any]


class _TemplateLoader(yaml.SafeLoader):
    """Turns each tag into its long form, as the AWS CLI does, and leaves dates as text."""


def read_template(path: Path) -> Template:
    """Parse a template file; raises ValueError with the file, line and reason when it is not one."""
    try:
        # SafeLoader's subclass: it makes plain values only.
        parsed = yaml.load(path.read_text(encoding="utf-8"), Loader=_TemplateLoader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: expected a CloudFormation template in YAML: {error}") from error
    if not isinstance(parsed, dict) or "Resources" not in parsed:
        raise ValueError(f"{path}: expected a CloudFormation template with Resources, got {type(parsed).__name__}")
    return parsed


def write_template(template: Template) -> bytes:
    """The template as JSON, which CloudFormation reads as well; the same template gives the same bytes."""
    return json.dumps(template, indent=1).encode()


def _long_form(loader: _TemplateLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        # !GetAtt Table.Arn is short for [Table, Arn].
        return {name: str(value).split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}  # type: ignore[arg-type]  # the third kind of YAML node


_TemplateLoader.add_multi_constructor("!", _long_form)
# A version such as 2012-10-17 is text in CloudFormation and would be a date in YAML 1.1.
_TemplateLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
