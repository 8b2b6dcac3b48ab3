"""Prepare a template for a cloud without layers: every function contains the files of its layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from millstream_tools.cloud.local.archive import Files
from millstream_tools.cloud.local.packaging import PackagingError, Prepare
from millstream_tools.cloud.local.template import Template
from millstream_tools.cloud.localstack.layers import files_of_layer, take_out_layers
from millstream_tools.cloud.localstack.wheels import LambdaRuntime, installed

# Of code and layers together: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LARGEST_FUNCTION = 250 * 1024 * 1024

Install = Callable[[Path, LambdaRuntime], Path]


def carrying_layers(architecture: str, install: Install = installed) -> Prepare:
    """How to prepare a template whose functions run on `architecture`; the template's own Runtime says which Python."""
    # By nested template: a template is prepared before those that it nests.
    handed: dict[Path, Mapping[str, Path]] = {}

    def prepare(template: Template, template_file: Path) -> Mapping[str, Files]:
        layers = take_out_layers(template, template_file, handed.get(template_file.resolve()))
        handed.update(layers.of_nested)
        if not layers.of_functions:
            return {}
        runtime = LambdaRuntime(_python(template), architecture)
        read = {
            path: files_of_layer(path, lambda file: install(file, runtime))
            for path in {path for paths in layers.of_functions.values() for path in paths}
        }
        return {name: _laid_over(name, [read[path] for path in paths]) for name, paths in layers.of_functions.items()}

    return prepare


def _python(template: Template) -> str:
    return str(template["Globals"]["Function"]["Runtime"]).removeprefix("python")


def _laid_over(function: str, layers: list[Files]) -> Files:
    """The layers' files in one folder. A later layer wins, as on AWS, where it is unpacked over the earlier ones."""
    files: dict[PurePosixPath, bytes] = {}
    for layer in layers:
        files.update(layer)
    size = sum(map(len, files.values()))
    if size >= LARGEST_FUNCTION:
        raise PackagingError(f"{function}.Layers: expected less than {LARGEST_FUNCTION} bytes unpacked, got {size}")
    return files
