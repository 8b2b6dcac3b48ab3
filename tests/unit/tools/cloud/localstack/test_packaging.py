"""What is uploaded for a cloud without layers."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from millstream_tools.cloud.local.packaging import Packager, PackagingError
from millstream_tools.cloud.localstack import packaging
from millstream_tools.cloud.localstack.packaging import carrying_layers
from millstream_tools.cloud.localstack.wheels import LambdaRuntime

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals: { Function: { Runtime: python3.13, Layers: [!Ref Core] } }
Resources:
  Accept:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: functions/accept, Handler: functions.accept.app.handler }
  Recommend:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: functions/recommend, Handler: functions.recommend.app.handler, Layers: [!Ref Onnx] }
  Core: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: layers/core } }
  Onnx: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: layers/onnx } }
  Watch: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: ./watch.yaml } }
  Flow:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: flow/flow.yaml, Parameters: { Core: !Ref Core } }
"""
FLOW = """
Transform: AWS::Serverless-2016-10-31
Parameters: { Core: { Type: String } }
Globals: { Function: { Runtime: python3.13, Layers: [!Ref Core] } }
Resources:
  Accept:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: ../functions/accept, Handler: functions.accept.app.handler }
"""
FILES = {
    "template.yaml": TEMPLATE,
    "flow/flow.yaml": FLOW,
    "watch.yaml": "Resources: { Topic: { Type: AWS::SNS::Topic } }",
    "functions/accept/app.py": "",
    "functions/recommend/app.py": "",
    "layers/core/millstream/__init__.py": "",
    "layers/onnx/requirements.txt": "numpy",
    "wheels/numpy/__init__.py": "",
}
OWN = ["functions/__init__.py", "millstream/__init__.py"]


class Project:
    """A small project of the same layout as ours, and who asked for which packages."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[tuple[str, LambdaRuntime]] = []
        for name, text in FILES.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)

    def install(self, requirements: Path, runtime: LambdaRuntime) -> Path:
        """Stands in for pip."""
        self.asked.append((requirements.relative_to(self.root.resolve()).as_posix(), runtime))
        return self.root / "wheels"

    def package(self) -> tuple[str, dict[str, bytes]]:
        """The URL of the template and the uploads by key."""
        uploads: dict[str, bytes] = {}
        packager = Packager("bucket", "http://cloud", uploads.__setitem__, carrying_layers("arm64", self.install))
        return packager.package(self.root / "template.yaml"), uploads


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in a folder of its own."""
    return Project(tmp_path)


def names_in_zip_of(function: str, project: Project) -> list[str]:
    """What the function's zip holds."""
    url, uploads = project.package()
    template = json.loads(uploads[url.removeprefix("http://cloud/")])
    key = template["Resources"][function]["Properties"]["CodeUri"].removeprefix("s3://bucket/")
    return zipfile.ZipFile(io.BytesIO(uploads[key])).namelist()


def test_a_function_carries_its_own_code_and_its_layers(project: Project) -> None:
    """All beside each other, where Python finds them: /var/task is on its path as /opt/python would be."""
    accept = {*OWN, "functions/accept/__init__.py", "functions/accept/app.py"}
    recommend = {*OWN, "functions/recommend/__init__.py", "functions/recommend/app.py", "numpy/__init__.py"}
    assert sorted(names_in_zip_of("Accept", project)) == sorted(accept)
    assert sorted(names_in_zip_of("Recommend", project)) == sorted(recommend)


def test_a_function_of_a_nested_template_carries_the_layers_of_the_root(project: Project) -> None:
    """The same code and the same layers are the same zip."""
    url, uploads = project.package()
    root = json.loads(uploads[url.removeprefix("http://cloud/")])["Resources"]
    flow = json.loads(uploads[root["Flow"]["Properties"]["TemplateURL"].removeprefix("http://cloud/")])["Resources"]
    assert flow["Accept"]["Properties"] == root["Accept"]["Properties"]
    assert root["Flow"]["Properties"]["Parameters"] == {}


def test_packages_are_for_the_templates_own_python_and_the_chosen_processor(project: Project) -> None:
    """Not for this machine's Python; and once, however many functions carry them."""
    project.package()
    assert project.asked == [("layers/onnx/requirements.txt", LambdaRuntime("3.13", "arm64"))]


def test_the_same_project_gives_the_same_uploads(project: Project) -> None:
    """CloudFormation finds nothing to update."""
    assert project.package() == project.package()


def test_a_function_above_lambdas_limit_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is deployed, with what it came to."""
    monkeypatch.setattr(packaging, "LARGEST_FUNCTION", 10)
    (project.root / "wheels/numpy/__init__.py").write_text("0123456789")
    with pytest.raises(PackagingError, match=r"Recommend.Layers: expected less than 10 bytes unpacked, got 10"):
        project.package()
