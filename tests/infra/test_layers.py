"""What the layers install is what the tests ran with."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from millstream_tools.cloud.local.template import Template
from tests.infra.cloudformation import ROOT, functions, resources

ONLY_REQUIREMENTS = ("platform", "onnx", "learning")


def pins(lines: list[str]) -> dict[str, str]:
    """Name → version of `name[extra]==version` lines; any other kind of requirement fails."""
    found = {}
    for line in lines:
        name, separator, version = line.partition("==")
        assert separator, f"{line!r}: expected an exact pin"
        found[name.strip()] = version.strip()
    return found


def requirements(layer: str) -> dict[str, str]:
    """The pins of a layer."""
    lines = (ROOT / "layers" / layer / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# "), f"layers/{layer}/requirements.txt: the first line says what the layer is for"
    return pins([line for line in lines if line and not line.startswith("#")])


@pytest.mark.parametrize("layer", ONLY_REQUIREMENTS)
def test_a_layer_installs_the_versions_that_the_tests_ran_with(layer: str) -> None:
    """Each pin stands in pyproject.toml too, with the same extras and the same version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tested = pins(project["dependencies"])
    assert requirements(layer) == {name: tested.get(name, "missing") for name in requirements(layer)}


def test_no_package_is_in_two_layers() -> None:
    """Lambda lays the layers over each other; two versions of one package would depend on their order."""
    listed = [name for layer in ONLY_REQUIREMENTS for name in requirements(layer)]
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("layer", ONLY_REQUIREMENTS)
def test_a_layer_of_dependencies_holds_only_requirements(layer: str) -> None:
    """The build copies the whole folder, so a stray file would ship."""
    assert [path.name for path in sorted((ROOT / "layers" / layer).iterdir())] == ["requirements.txt"]


def test_the_core_layer_holds_only_the_package() -> None:
    """And no python/ folder, which the build adds itself."""
    tracked = {path.name for path in (ROOT / "layers" / "core").iterdir() if path.name != "__pycache__"}
    assert tracked == {"millstream"}


def test_every_layer_is_a_folder_and_every_folder_a_layer(template: Template) -> None:
    """ContentUri names what is there, and nothing there is forgotten."""
    declared = {layer["ContentUri"] for layer in resources(template, "AWS::Serverless::LayerVersion").values()}
    folders = {path.relative_to(ROOT).as_posix() for path in Path(ROOT, "layers").iterdir() if path.is_dir()}
    assert declared == folders


def test_only_recommend_pays_for_the_scoring_layer(template: Template) -> None:
    """Everything in a layer is unpacked at every cold start."""
    assert template["Globals"]["Function"]["Layers"] == [{"Ref": "CoreLayer"}, {"Ref": "PlatformLayer"}]
    assert {name: f["Layers"] for name, f in functions(template).items() if "Layers" in f} == {
        "Recommend": [{"Ref": "OnnxLayer"}]
    }
