"""What the layers install is what the tests ran with."""

from __future__ import annotations

from pathlib import Path

import pytest

from millstream_tools.cloud.local.template import Template
from tests.infra.cloudformation import ROOT, functions, resources
from tests.infra.requirements import LOCK, layer, layer_file, locked, requirements

ONLY_REQUIREMENTS = ("platform", "onnx", "learning")


@pytest.mark.parametrize("name", ONLY_REQUIREMENTS)
def test_a_layer_installs_the_versions_that_the_tests_ran_with(name: str) -> None:
    """It names packages alone; the lock, which it names too, has their versions and those of what they need."""
    first, *lines = layer_file(name).read_text(encoding="utf-8").splitlines()
    assert first.startswith("# "), "the first line says what the layer is for"
    option, _, constraint = next(line for line in lines if line.startswith("--")).partition(" ")
    assert option == "--constraint"
    assert (layer_file(name).parent / constraint).resolve() == LOCK
    assert {str(one.specifier) for one in layer(name).values()} == {""}
    assert layer(name).keys() <= locked().keys()


@pytest.mark.parametrize("name", ONLY_REQUIREMENTS)
def test_a_layer_is_built_from_the_locked_files_and_no_others(name: str) -> None:
    """Everything that a layer installs has the lock's version and the hashes of its files: `make lock` writes them."""
    text = layer_file(name).with_suffix(".txt").read_text(encoding="utf-8")
    entries = [entry for entry in text.replace("\\\n", " ").splitlines() if entry and not entry.startswith("#")]
    found = requirements([entry.split(" --hash")[0].strip() for entry in entries])
    assert layer(name).keys() <= found.keys()
    assert all("--hash=sha256:" in entry for entry in entries)
    assert {package: str(one.specifier) for package, one in found.items()} == {
        package: str(locked()[package].specifier) for package in found
    }


def test_no_package_is_in_two_layers() -> None:
    """Lambda lays the layers over each other; two versions of one package would depend on their order."""
    listed = [package for name in ONLY_REQUIREMENTS for package in layer(name)]
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("name", ONLY_REQUIREMENTS)
def test_a_layer_of_dependencies_holds_only_requirements(name: str) -> None:
    """The build copies the whole folder, so a stray file would ship."""
    assert [path.name for path in sorted((ROOT / "layers" / name).iterdir())] == ["requirements.in", "requirements.txt"]


def test_the_core_layer_holds_only_the_package() -> None:
    """And no python/ folder, which the build adds itself."""
    tracked = {path.name for path in (ROOT / "layers" / "core").iterdir() if path.name != "__pycache__"}
    assert tracked == {"millstream"}


def test_every_layer_is_a_folder_and_every_folder_a_layer(template: Template) -> None:
    """ContentUri names what is there, and nothing there is forgotten."""
    declared = {
        properties["ContentUri"] for properties in resources(template, "AWS::Serverless::LayerVersion").values()
    }
    folders = {path.relative_to(ROOT).as_posix() for path in Path(ROOT, "layers").iterdir() if path.is_dir()}
    assert declared == folders


def test_only_recommend_pays_for_the_scoring_layer(template: Template) -> None:
    """Everything in a layer is unpacked at every cold start."""
    assert template["Globals"]["Function"]["Layers"] == [{"Ref": "CoreLayer"}, {"Ref": "PlatformLayer"}]
    assert {name: f["Layers"] for name, f in functions(template).items() if "Layers" in f} == {
        "Recommend": [{"Ref": "OnnxLayer"}]
    }
