"""Remove the layers of a template, and find the files that each function must contain instead.

"The code won't actually be mounted into the lambda", its makers say of layers in the community edition:
https://github.com/localstack/localstack/pull/7204
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from millstream_tools.cloud.local.archive import Files, files_below
from millstream_tools.cloud.local.packaging import PackagingError
from millstream_tools.cloud.local.template import Template

LAYER = "AWS::Serverless::LayerVersion"
FUNCTION = "AWS::Serverless::Function"
NESTED = "AWS::CloudFormation::Stack"
REQUIREMENTS = PurePosixPath("requirements.txt")

Install = Callable[[Path], Path]
"""From a requirements file to the folder in which its packages are installed."""


@dataclass(frozen=True, slots=True)
class Layers:
    """The folders of the layers of each function, in order, and of those that a nested template gets as parameters."""

    of_functions: Mapping[str, list[Path]]
    of_nested: Mapping[Path, Mapping[str, Path]]


def take_out_layers(template: Template, template_file: Path, handed: Mapping[str, Path] | None = None) -> Layers:
    """Remove the template's layers and every mention of them; `handed` are its parameters that are layers of its root.

    Raises PackagingError for a layer that is neither a resource of the template nor handed to it.
    """
    folder, parameters = template_file.parent, handed or {}
    own = {
        name: (folder / resource["Properties"]["ContentUri"]).resolve()
        for name, resource in template["Resources"].items()
        if resource["Type"] == LAYER
    }
    layers = Layers(_of_functions(template, {**own, **parameters}), _of_nested(template, folder, {**own, **parameters}))
    for name in own:
        del template["Resources"][name]
    for name in parameters:
        del template["Parameters"][name]
    return layers


def _of_functions(template: Template, contents: Mapping[str, Path]) -> dict[str, list[Path]]:
    everywhere = template.get("Globals", {}).get("Function", {}).pop("Layers", [])
    found = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] == FUNCTION:
            # SAM appends a function's own list to the global one.
            named = [*everywhere, *resource["Properties"].pop("Layers", [])]
            found[name] = [_content(name, layer, contents) for layer in named]
    return found


def _of_nested(template: Template, folder: Path, contents: Mapping[str, Path]) -> dict[Path, dict[str, Path]]:
    """Remove the layer parameters of nested stacks, and prepare their templates with the folders."""
    found = {}
    for resource in template["Resources"].values():
        if resource["Type"] == NESTED:
            given = resource["Properties"].get("Parameters", {})
            layers = {name: contents[_ref(value)] for name, value in given.items() if _ref(value) in contents}
            for name in layers:
                del given[name]
            found[(folder / resource["Properties"]["TemplateURL"]).resolve()] = layers
    return found


def _content(function: str, layer: object, contents: Mapping[str, Path]) -> Path:
    name = _ref(layer)
    if name not in contents:
        raise PackagingError(f"{function}.Layers: expected a !Ref to one of {', '.join(sorted(contents))}, got {layer}")
    return contents[name]


def _ref(value: object) -> str:
    """The target of a reference; empty for other values."""
    return str(value.get("Ref", "")) if isinstance(value, dict) else ""


def files_of_layer(layer: Path, install: Install) -> Files:
    """The files of a layer: its own and the packages that it requires."""
    own = dict(files_below(layer))
    if own.pop(REQUIREMENTS, None) is None:
        return own
    packages = files_below(install(layer / REQUIREMENTS))
    return own | {path: content for path, content in packages.items() if not _of_this_machine(path)}


def _of_this_machine(path: PurePosixPath) -> bool:
    """Commands name this machine's Python in their first line, and RECORD has the digests of the commands."""
    return path.parts[0] == "bin" or path.name == "RECORD"
