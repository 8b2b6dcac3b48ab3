"""What a deleted stack left behind, for a new stack: the template and the list that CloudFormation imports.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-new-stack.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from millstream_tools.cloud.local.template import Template

IDENTIFIERS = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::KMS::Key": "KeyId",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SecretsManager::Secret": "Id",
}
"""What CloudFormation wants to know of each kind of resource to import it."""


def retained(template: Template) -> Template:
    """The part of the template that outlives a stack, with the parameters and conditions that it uses."""
    kept = {name: resource for name, resource in template["Resources"].items() if "DeletionPolicy" in resource}
    used = set(_named(kept))
    conditions = {name: rule for name, rule in template.get("Conditions", {}).items() if name in used}
    used |= set(_named(conditions))
    return {
        "AWSTemplateFormatVersion": template["AWSTemplateFormatVersion"],
        "Description": "What a Millstream stack keeps when it is deleted.",
        "Parameters": {name: one for name, one in template["Parameters"].items() if name in used},
        "Conditions": conditions,
        "Resources": kept,
    }


def to_import(template: Template) -> list[dict[str, Any]]:
    """The list of the resources to import, with the names of the retained ones to fill in."""
    return [
        {
            "ResourceType": resource["Type"],
            "LogicalResourceId": name,
            "ResourceIdentifier": {IDENTIFIERS[resource["Type"]]: f"FILL IN: the retained {name}"},
        }
        for name, resource in retained(template)["Resources"].items()
    ]


def _named(part: object) -> Iterator[str]:
    """The names of parameters, conditions and resources in a part of a template."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in ("Ref", "Condition") and isinstance(value, str):  # a policy's Condition is no name
                yield value
            if key == "Fn::If":
                yield value[0]
            yield from _named(value)
    elif isinstance(part, list):
        for one in part:
            yield from _named(one)
