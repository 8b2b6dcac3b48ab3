"""Zips and keys: what is uploaded, under which name, and what the template says afterwards."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from millstream_tools.cloud.local.packaging import Packager, PackagingError, parameters_of

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters: { Stage: { Type: String } }
Resources:
  Greet:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: functions/greet, Handler: functions.greet.app.handler }
  Core:
    Type: AWS::Serverless::LayerVersion
    Properties: { ContentUri: layers/core }
  Deps:
    Type: AWS::Serverless::LayerVersion
    Properties: { ContentUri: layers/deps }
  Retrain:
    Type: AWS::Serverless::StateMachine
    Properties: { DefinitionUri: retrain.asl.yaml, DefinitionSubstitutions: { Name: !Ref Greet } }
  Watch:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: ./nested/watch.yaml }
  Elsewhere:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: https://example.com/t.yaml }
  Table:
    Type: AWS::DynamoDB::Table
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project of the same layout as ours."""
    files = {
        "template.yaml": TEMPLATE,
        "functions/__init__.py": "",
        "functions/greet/__init__.py": "",
        "functions/greet/app.py": "def handler(event, context): return 1\n",
        "functions/greet/__pycache__/app.pyc": "compiled",
        "functions/other/app.py": "",
        "layers/core/pantry/__init__.py": "SHELF = 1\n",
        "layers/deps/requirements.txt": "numpy==2.4.6\n",
        "retrain.asl.yaml": "StartAt: Train\n",
        "nested/watch.yaml": "Resources: { Topic: { Type: AWS::SNS::Topic } }\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def package(project: Path) -> tuple[str, dict[str, bytes]]:
    """Package the project; the template's URL and the uploads by key."""
    uploads: dict[str, bytes] = {}
    url = Packager("bucket", "http://cloud/bucket", uploads.__setitem__).package(project / "template.yaml")
    return url, uploads


def properties(project: Path, resource: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """A resource's properties as uploaded, and the uploads."""
    url, uploads = package(project)
    template = json.loads(uploads[url.removeprefix("http://cloud/bucket/")])
    return template["Resources"][resource].get("Properties", {}), uploads


def names_in(content: bytes) -> list[str]:
    """The names in a zip."""
    return zipfile.ZipFile(io.BytesIO(content)).namelist()


def test_a_function_is_zipped_under_the_packages_that_its_handler_names(project: Path) -> None:
    """SAM's ParentPackageMode does the same, so the dotted path is one in Lambda and in tests."""
    greet, uploads = properties(project, "Greet")
    assert names_in(uploads[greet["CodeUri"].removeprefix("s3://bucket/")]) == [
        "functions/__init__.py",
        "functions/greet/__init__.py",
        "functions/greet/app.py",
    ]


def test_a_layers_content_goes_below_python(project: Path) -> None:
    """Lambda looks for a layer's packages there."""
    core, uploads = properties(project, "Core")
    assert names_in(uploads[core["ContentUri"].removeprefix("s3://bucket/")]) == ["python/pantry/__init__.py"]


def test_a_layer_of_requirements_alone_stays_tiny(project: Path) -> None:
    """Its packages are in the local cloud's own environment."""
    deps, uploads = properties(project, "Deps")
    assert names_in(uploads[deps["ContentUri"].removeprefix("s3://bucket/")]) == ["python/requirements.txt"]


def test_definitions_and_nested_templates_are_uploaded_too(project: Path) -> None:
    """In the forms that `aws cloudformation package` writes."""
    retrain, uploads = properties(project, "Retrain")
    assert retrain["DefinitionUri"]["Bucket"] == "bucket"
    assert uploads[retrain["DefinitionUri"]["Key"]] == b"StartAt: Train\n"
    assert retrain["DefinitionSubstitutions"] == {"Name": {"Ref": "Greet"}}
    watch, uploads = properties(project, "Watch")
    nested = json.loads(uploads[watch["TemplateURL"].removeprefix("http://cloud/bucket/")])
    assert nested["Resources"] == {"Topic": {"Type": "AWS::SNS::Topic"}}


def test_what_is_remote_already_stays(project: Path) -> None:
    """Only local paths are packed."""
    assert properties(project, "Elsewhere")[0] == {"TemplateURL": "https://example.com/t.yaml"}


def test_unchanged_code_keeps_its_keys(project: Path) -> None:
    """Also when every file is written anew, at another time and with other permissions: nothing to redeploy."""
    before = package(project)
    for path in project.rglob("*.py"):
        path.write_text(path.read_text())
        os.utime(path, (2_000_000_000, 2_000_000_000))
        path.chmod(0o755)
    assert package(project) == before


def test_a_change_moves_only_its_own_function(project: Path) -> None:
    """A function's key follows its own code, not its neighbour's."""
    before, _ = properties(project, "Greet")
    (project / "functions/other/app.py").write_text("changed")
    assert properties(project, "Greet")[0] == before
    (project / "functions/greet/app.py").write_text("changed")
    assert properties(project, "Greet")[0] != before


def test_a_missing_path_is_named(project: Path) -> None:
    """File, resource, property and what came."""
    (project / "retrain.asl.yaml").unlink()
    with pytest.raises(PackagingError, match=r"template.yaml: Retrain.DefinitionUri: .* got 'retrain.asl.yaml'"):
        package(project)


def test_a_handler_that_is_not_there_is_named(project: Path) -> None:
    """A mistyped handler is found before anything is deployed."""
    (project / "functions/greet/app.py").unlink()
    with pytest.raises(PackagingError, match=r"Greet.Handler: .* got 'functions.greet.app.handler'"):
        package(project)


def test_the_parameters_of_a_template_are_its_own() -> None:
    """So that a template without one of our parameters can be deployed."""
    assert parameters_of({"Resources": {}}) == frozenset()
    assert parameters_of({"Parameters": {"Stage": {}}, "Resources": {}}) == {"Stage"}
