"""Least privilege, and one reason a permission. The reasons are comments, so the raw text is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from millstream_tools.cloud.local.template import Template
from tests.infra.cloudformation import ALARMS, FLOWS, ROOT, TEMPLATE, functions, statements

ACTION = re.compile(r"^\s+(?:- )?Action:(?P<rest>.*)$")
ANY_RESOURCE = re.compile(r"""Resource:\s*\[?\s*["']?\*["']?\s*\]?(?P<rest>.*)$""")
REASON = re.compile(r"\s#\s\S+")


def statements_anywhere(value: object) -> Iterator[dict[str, Any]]:
    """Every mapping with an Effect: identity, bucket and key policies alike."""
    if isinstance(value, dict):
        if "Effect" in value:
            yield value
        for entry in value.values():
            yield from statements_anywhere(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from statements_anywhere(entry)


def lines_of(*paths: Path) -> list[str]:
    """Every line of these files."""
    return [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def actions_of(statement: dict[str, Any]) -> list[str]:
    """The actions of a statement, one or many."""
    actions = statement["Action"]
    return actions if isinstance(actions, list) else [actions]


def test_every_policy_statement_states_its_reason_on_its_action_line(template: Template) -> None:
    """As many reasons as statements: a statement in another notation would be missed, so it is counted."""
    lines = [line for line in lines_of(TEMPLATE, *FLOWS) if ACTION.match(line)]
    assert [line.strip() for line in lines if not REASON.search(line)] == []
    assert len(lines) == len(list(statements_anywhere(template["Resources"])))


def test_any_resource_needs_a_reason() -> None:
    """A bare Resource "*" says on its line why nothing narrower will do."""
    found = [line for line in lines_of(TEMPLATE, ALARMS, *FLOWS) if ANY_RESOURCE.search(line)]
    assert found, "the key policy has some; if they are gone, so may this test be"
    assert [line.strip() for line in found if not REASON.search(line)] == []


def test_no_function_may_do_anything_by_wildcard(template: Template) -> None:
    """Actions are spelled out and resources are resources of this template."""
    for name, function in functions(template).items():
        assert not function.keys() & {"Role", "PermissionsBoundary"}, f"{name}: policies stand beside the function"
        for statement in statements(function):
            assert statement["Effect"] == "Allow"
            assert [action for action in actions_of(statement) if "*" in action] == [], name
            resource = statement["Resource"]
            assert isinstance(resource, dict), f"{name}: expected one named resource, got {statement}"
            assert "Ref" not in resource, f"{name}: expected an ARN, got the name of {resource}"


def test_only_the_account_itself_is_allowed_everything(template: Template) -> None:
    """And that on the key alone: without it nobody could ever change the key policy again."""
    everything = [
        statement
        for statement in statements_anywhere(template["Resources"])
        if statement["Effect"] == "Allow"
        and any(re.fullmatch(r"\*|\w+:\*", action) for action in actions_of(statement))
    ]
    assert [statement["Sid"] for statement in everything] == ["TheAccountDecidesByIam"]


def test_an_open_principal_is_narrowed_by_a_condition(template: Template) -> None:
    """Principal "*" means everybody on earth unless a condition says otherwise."""
    open_to_all = [s for s in statements_anywhere(template["Resources"]) if s.get("Principal") in ("*", {"AWS": "*"})]
    assert open_to_all
    assert all(statement.get("Condition") for statement in open_to_all)


@pytest.mark.parametrize("path", [TEMPLATE, ALARMS, *FLOWS], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_lines_fit_the_screen(path: Path) -> None:
    """The house's line length holds here too."""
    assert [line for line in lines_of(path) if len(line) > 120] == []
