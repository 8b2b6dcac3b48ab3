"""What holds for every function of the template."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import pytest

from millstream.entrypoints.telemetry import telemetry
from millstream.wiring import adapters
from millstream.wiring.adapters import Resource
from millstream_tools.cloud.local.template import Template
from tests.infra.cloudformation import (
    FLOWS,
    ROOT,
    caller_of,
    environment,
    folder_of,
    functions,
    references,
    resources,
    statements,
)
from tests.infra.nesting import whole

KNOWN_VARIABLES = {resource.variable: resource.logical_id for resource in Resource} | {"ATTRIBUTES": "Attributes"}

NAMES = tuple(functions(whole()))


@pytest.mark.parametrize("name", NAMES)
def test_logical_id_folder_and_handler_agree(template: Template, name: str) -> None:
    """AcceptEvents lives in functions/http/accept_events and its handler has that dotted path."""
    function = functions(template)[name]
    caller = caller_of(function)
    assert caller in {"http", "stream", *(flow.parent.name for flow in FLOWS)}
    assert function["CodeUri"] == f"functions/{caller}/{folder_of(name)}"
    assert function["Handler"] == f"functions.{caller}.{folder_of(name)}.app.handler"
    assert template["Resources"][name]["Metadata"]["BuildProperties"] == {"ParentPackageMode": "auto"}


@pytest.mark.parametrize("name", NAMES)
def test_a_handler_is_a_file_in_the_repository(template: Template, name: str) -> None:
    """The file that Handler names exists and defines it."""
    source = ROOT / functions(template)[name]["CodeUri"] / "app.py"
    assert re.search(r"^def handler\(|^handler\b.*=", source.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_a_function_writes_to_a_log_group_that_forgets_and_is_encrypted(template: Template, name: str) -> None:
    """Without a declared group Lambda makes one that keeps lines for ever, unencrypted."""
    group_id = functions(template)[name]["LoggingConfig"]["LogGroup"]["Ref"]
    group = resources(template, "AWS::Logs::LogGroup")[group_id]
    assert group_id == f"{name}Log"
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert group["KmsKeyId"] == {"Fn::GetAtt": ["EncryptionKey", "Arn"]}
    order = list(template["Resources"])
    assert order.index(group_id) == order.index(name) - 1, "a log group stands before its function"


def test_log_groups_lie_where_the_key_policy_expects_them(template: Template) -> None:
    """The key serves log groups below one prefix; a group elsewhere could not be created."""
    groups = resources(template, "AWS::Logs::LogGroup")
    for group in groups.values():
        assert group["LogGroupName"]["Fn::Sub"].startswith("/millstream/${AWS::StackName}/")
    statements_of_key = template["Resources"]["EncryptionKey"]["Properties"]["KeyPolicy"]["Statement"]
    (for_logs,) = (s for s in statements_of_key if s["Sid"] == "LogGroupsOfThisStack")
    assert ":log-group:/millstream/${AWS::StackName}/*" in str(for_logs["Condition"])


@pytest.mark.parametrize("name", NAMES)
def test_a_function_knows_only_agreed_variables(template: Template, name: str) -> None:
    """A MILLSTREAM_ variable has one meaning in every function; Powertools knows the function by its folder."""
    variables = dict(environment(functions(template)[name]))
    assert variables.pop("POWERTOOLS_SERVICE_NAME") == folder_of(name)
    assert {variable: list(references(value)) for variable, value in variables.items()} == {
        variable: [KNOWN_VARIABLES[variable]] for variable in variables
    }
    arns = [variable for variable, value in variables.items() if "Arn" in value.get("Fn::GetAtt", ())]
    assert arns == [], "a name was expected"


@pytest.mark.parametrize("resource", Resource, ids=lambda resource: resource.name)
def test_a_resource_is_in_the_template_and_an_output_names_it(template: Template, resource: Resource) -> None:
    """Functions find it by the variable, tools by the output."""
    assert resource.logical_id in template["Resources"]
    assert list(references(template["Outputs"][resource.output]["Value"])) == [resource.logical_id]


class SilentClient:
    """A client of a service of which nothing is asked but the key of the pseudonyms."""

    def get_secret_value(self, **_: str) -> dict[str, str]:
        """See the service."""
        return {"SecretString": "key"}


@pytest.mark.parametrize("name", NAMES)
def test_a_function_is_told_what_its_wiring_asks_for(
    template: Template, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable that is missing fails at the first call; one too many is a permission nobody needs."""
    asked: set[str] = set()

    def told(variable: str) -> str:
        asked.add(variable)
        return "eu-west-1" if variable == "AWS_REGION" else "a-name"

    monkeypatch.setattr(adapters, "_variable", told)
    monkeypatch.setattr(adapters, "aws_client", lambda *_: SilentClient())
    arguments = [lambda _: None] if name in ("Recommend", "ReportHealth") else []
    for use_case in use_cases_of(functions(template)[name]["Handler"]):
        made = use_case.__wrapped__(*arguments)
        if hasattr(made, "workspaces"):
            made.workspaces("any")
    declared = {variable for variable in environment(functions(template)[name]) if variable.startswith("MILLSTREAM_")}
    assert asked == declared | {"AWS_REGION"}, "AWS_REGION is set by Lambda itself"


def use_cases_of(handler: str) -> list[Any]:
    """The factories of `millstream.wiring` that a handler's module imports."""
    module = import_module(handler.rpartition(".")[0])
    found = [value for value in vars(module).values() if hasattr(value, "cache_clear") and value is not telemetry]
    assert found, handler
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_function_may_touch_exactly_what_it_is_told_of(template: Template, name: str) -> None:
    """Permissions and variables name the same resources; beside them only the key and what its mapping uses.

    Tables need no key in a function's policy (see the key's own), and the health reads nothing else.
    """
    function = functions(template)[name]
    told = set(references(environment(function))) - template["Parameters"].keys()
    for mapping in resources(template, "AWS::Lambda::EventSourceMapping").values():
        if mapping["FunctionName"] == {"Ref": name}:
            told |= set(references([mapping["EventSourceArn"], mapping["DestinationConfig"]]))
    key = set() if name == "ReportHealth" else {"EncryptionKey"}
    assert set(references(statements(function))) == told | key


def test_every_function_is_traced_and_runs_where_the_layers_were_built_for(template: Template) -> None:
    """Runtime and architecture stand once, and the layers are built for the same pair."""
    everywhere = template["Globals"]["Function"]
    assert everywhere["Tracing"] == "Active"
    assert everywhere["Architectures"] == [{"Ref": "Architecture"}]
    for logical_id, layer in resources(template, "AWS::Serverless::LayerVersion").items():
        assert layer["CompatibleRuntimes"] == [everywhere["Runtime"]]
        assert layer["CompatibleArchitectures"] == everywhere["Architectures"]
        assert template["Resources"][logical_id]["Metadata"] == {
            "BuildMethod": everywhere["Runtime"],
            "BuildArchitecture": {"Ref": "Architecture"},
        }
    for function in functions(template).values():
        assert not {"Runtime", "Architectures", "Tracing"} & set(function)
