"""A template without its layers, and what each function must carry in their stead."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from millstream_tools.cloud.local.packaging import PackagingError
from millstream_tools.cloud.local.template import Template, read_template
from millstream_tools.cloud.localstack.layers import files_of_layer, take_out_layers
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


def never(requirements: Path) -> Path:
    """A layer without requirements installs nothing."""
    raise AssertionError(requirements)


def test_a_function_carries_the_global_layers_and_then_its_own() -> None:
    """SAM appends a function's list to the global one."""
    given = template(Accept={}, Recommend={"Layers": [{"Ref": "Onnx"}]})
    assert take_out_layers(given) == {"Accept": ["layers/core"], "Recommend": ["layers/core", "layers/onnx"]}


def test_nothing_in_the_template_speaks_of_layers_any_more() -> None:
    """LocalStack would keep them and never unpack them."""
    given = template(Recommend={"Layers": [{"Ref": "Onnx"}], "MemorySize": 512})
    take_out_layers(given)
    assert given["Globals"] == {"Function": {"Runtime": "python3.13"}}
    assert given["Resources"] == {
        "Recommend": {"Type": "AWS::Serverless::Function", "Properties": {"MemorySize": 512}},
        "Table": {"Type": "AWS::DynamoDB::Table"},
    }


@pytest.mark.parametrize("layer", ["arn:aws:lambda:eu-west-1:1:layer:x:1", {"Ref": "Nobody"}, {"Fn::Sub": "x"}])
def test_a_layer_from_elsewhere_is_named(layer: object) -> None:
    """Its content is not here, so the function could not carry it."""
    with pytest.raises(PackagingError, match=r"Recommend.Layers: expected a !Ref to one of Core, Onnx, got "):
        take_out_layers(template(Recommend={"Layers": [layer]}))


def test_a_template_without_functions_has_nothing_to_carry() -> None:
    """The nested stack of alarms is packaged the same way."""
    assert take_out_layers({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}) == {}


def test_only_recommend_carries_the_scoring_packages() -> None:
    """In the real template: 120 MB that nobody else needs."""
    carried = take_out_layers(read_template(TEMPLATE))
    assert {name for name, layers in carried.items() if "layers/onnx" in layers} == {"Recommend"}
    assert all({"layers/core", "layers/platform"} <= set(layers) for layers in carried.values())


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
