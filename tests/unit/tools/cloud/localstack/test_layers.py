"""A template without its layers, and what each function must carry in their stead."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from millstream_tools.cloud.local.packaging import PackagingError
from millstream_tools.cloud.local.template import Template, read_template
from millstream_tools.cloud.localstack.layers import Layers, files_of_layer, take_out_layers
from millstream_tools.places import TEMPLATE


def template(**functions: dict[str, Any]) -> Template:
    """A template of two layers, one of them for everybody, and these functions."""
    layers = {
        name: {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": f"layers/{name.lower()}"}}
        for name in ("Core", "Onnx")
    }
    made = {name: {"Type": "AWS::Serverless::Function", "Properties": given} for name, given in functions.items()}
    globals_ = {"Function": {"Runtime": "python3.13", "Layers": [{"Ref": "Core"}]}}
    return {"Globals": globals_, "Resources": layers | made | {"Table": {"Type": "AWS::DynamoDB::Table"}}}


FILE = Path("/shop/template.yaml")
CORE, ONNX = Path("/shop/layers/core"), Path("/shop/layers/onnx")


def never(requirements: Path) -> Path:
    """A layer without requirements installs nothing."""
    raise AssertionError(requirements)


def test_a_function_carries_the_global_layers_and_then_its_own() -> None:
    """SAM appends a function's list to the global one."""
    given = template(Accept={}, Recommend={"Layers": [{"Ref": "Onnx"}]})
    assert take_out_layers(given, FILE) == Layers({"Accept": [CORE], "Recommend": [CORE, ONNX]}, {})


def test_nothing_in_the_template_speaks_of_layers_any_more() -> None:
    """LocalStack would keep them and never unpack them."""
    given = template(Recommend={"Layers": [{"Ref": "Onnx"}], "MemorySize": 512})
    take_out_layers(given, FILE)
    assert given["Globals"] == {"Function": {"Runtime": "python3.13"}}
    assert given["Resources"] == {
        "Recommend": {"Type": "AWS::Serverless::Function", "Properties": {"MemorySize": 512}},
        "Table": {"Type": "AWS::DynamoDB::Table"},
    }


@pytest.mark.parametrize("layer", ["arn:aws:lambda:eu-west-1:1:layer:x:1", {"Ref": "Nobody"}, {"Fn::Sub": "x"}])
def test_a_layer_from_elsewhere_is_named(layer: object) -> None:
    """Its content is not here, so the function could not carry it."""
    with pytest.raises(PackagingError, match=r"Recommend.Layers: expected a !Ref to one of Core, Onnx, got "):
        take_out_layers(template(Recommend={"Layers": [layer]}), FILE)


def test_a_template_without_functions_has_nothing_to_carry() -> None:
    """The nested stack of alarms is packaged the same way."""
    assert take_out_layers({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}, FILE) == Layers({}, {})


def test_a_layer_reaches_a_nested_template_by_its_parameter() -> None:
    """Its functions carry what the parameter stands for, and the parameter goes on both sides."""
    root = template()
    given = {"CoreArn": {"Ref": "Core"}, "Table": {"Ref": "Table"}}
    root["Resources"]["Flow"] = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": "./flows/template.yaml", "Parameters": given},
    }
    flow = Path("/shop/flows/template.yaml")
    assert take_out_layers(root, FILE).of_nested == {flow: {"CoreArn": CORE}}
    assert given == {"Table": {"Ref": "Table"}}
    nested: Template = {
        "Parameters": {"CoreArn": {"Type": "String"}, "Table": {"Type": "String"}},
        "Globals": {"Function": {"Layers": [{"Ref": "CoreArn"}]}},
        "Resources": {"Plan": {"Type": "AWS::Serverless::Function", "Properties": {}}},
    }
    assert take_out_layers(nested, flow, {"CoreArn": CORE}) == Layers({"Plan": [CORE]}, {})
    assert nested["Parameters"] == {"Table": {"Type": "String"}}


def test_only_recommend_carries_the_scoring_packages() -> None:
    """In the real template: 120 MB that nobody else needs."""
    found = take_out_layers(read_template(TEMPLATE), TEMPLATE)
    carried = dict(found.of_functions)
    for file, handed in found.of_nested.items():
        carried |= take_out_layers(read_template(file), file, handed).of_functions
    names = {function: [layer.name for layer in layers] for function, layers in carried.items()}
    assert len(names) == 13
    assert {function for function, layers in names.items() if "onnx" in layers} == {"Recommend"}
    assert all({"core", "platform"} <= set(layers) for layers in names.values())


def test_a_layer_is_its_own_files_and_the_packages_that_it_requires(tmp_path: Path) -> None:
    """The requirements file itself has done its work."""
    write(tmp_path / "layer", {"requirements.txt": "pantry", "shelf/__init__.py": "SHELF = 1"})
    write(tmp_path / "installed", {"pantry/__init__.py": "JAM = 2"})
    assert files_of_layer(tmp_path / "layer", lambda _: tmp_path / "installed") == {
        PurePosixPath("shelf/__init__.py"): b"SHELF = 1",
        PurePosixPath("pantry/__init__.py"): b"JAM = 2",
    }


def test_a_layer_without_requirements_installs_nothing(tmp_path: Path) -> None:
    """The core layer is our own package alone."""
    write(tmp_path, {"millstream/__init__.py": ""})
    assert files_of_layer(tmp_path, never) == {PurePosixPath("millstream/__init__.py"): b""}


def test_what_differs_between_machines_stays_behind(tmp_path: Path) -> None:
    """Commands begin with this machine's Python, and RECORD has their digests: the same packages give the same zip."""
    write(tmp_path / "layer", {"requirements.txt": "pantry"})
    write(
        tmp_path / "installed",
        {"bin/jam": "#!/home/me/python", "pantry-1.dist-info/RECORD": "bin/jam,sha256=…", "pantry/bin/jar.py": ""},
    )
    carried = files_of_layer(tmp_path / "layer", lambda _: tmp_path / "installed")
    assert set(carried) == {PurePosixPath("pantry/bin/jar.py")}


def write(folder: Path, files: dict[str, str]) -> None:
    """Make files in a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
