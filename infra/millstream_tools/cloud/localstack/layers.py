"""Takes the layers out of a template and says what each function must carry in their stead.

"The code won't actually be mounted into the lambda", its makers say of layers in the community edition:
https://github.com/localstack/localstack/pull/7204
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from millstream_tools.cloud.local.archive import Files, files_below
from millstream_tools.cloud.local.packaging import PackagingError
from millstream_tools.cloud.local.template import Template

LAYER = "AWS::Serverless::LayerVersion"
FUNCTION = "AWS::Serverless::Function"
REQUIREMENTS = PurePosixPath("requirements.txt")

Install = Callable[[Path], Path]
"""From a requirements file to the folder in which its packages are installed."""


def take_out_layers(template: Template) -> dict[str, list[str]]:
    """Remove the template's layers and every mention of them; the paths of the layers of each function, in order.

    Raises PackagingError for a layer that is not a resource of the same template.
    """
    contents = {
        name: resource["Properties"]["ContentUri"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == LAYER
    }
    everywhere = template.get("Globals", {}).get("Function", {}).pop("Layers", [])
    paths = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] == FUNCTION:
            # SAM appends a function's own list to the global one.
            named = [*everywhere, *resource["Properties"].pop("Layers", [])]
            paths[name] = [_content(name, layer, contents) for layer in named]
    for name in contents:
        del template["Resources"][name]
    return paths


def _content(function: str, layer: object, contents: Mapping[str, str]) -> str:
    name = str(layer.get("Ref")) if isinstance(layer, dict) else ""
    if name not in contents:
        raise PackagingError(f"{function}.Layers: expected a !Ref to one of {', '.join(sorted(contents))}, got {layer}")
    return contents[name]


def files_of_layer(layer: Path, install: Install) -> Files:
    """What a layer puts beside a function's code: its own files and the packages that it requires."""
    own = dict(files_below(layer))
    if own.pop(REQUIREMENTS, None) is None:
        return own
    packages = files_below(install(layer / REQUIREMENTS))
    return own | {path: content for path, content in packages.items() if not _of_this_machine(path)}


def _of_this_machine(path: PurePosixPath) -> bool:
    """Commands name this machine's Python in their first line, and RECORD has the digests of the commands."""
    return path.parts[0] == "bin" or path.name == "RECORD"
