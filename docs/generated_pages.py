"""Two directives for the pages of docs/: the public modules of a package, and the HTTP contract."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

OPENAPI = Path(__file__).parents[1] / "infra" / "api" / "openapi.yaml"


class Modules(SphinxDirective):
    """`{modules} package ...`: every public module below these, each under a heading with all that it offers."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """The documented modules."""
        names = [name for package in self.arguments[0].split() for name in public_modules(package)]
        parts = [f"## `{name}`\n\n```{{eval-rst}}\n.. automodule:: {name}\n```\n" for name in names]
        return self.parse_text_to_nodes("\n".join(parts), allow_section_headings=True)


def public_modules(package: str) -> list[str]:
    """The module, and if it is a package those below it, without private ones and without packages that only import."""
    module = importlib.import_module(package)
    below = pkgutil.walk_packages(getattr(module, "__path__", []), f"{package}.")
    found = [found.name for found in below if not found.ispkg and not found.name.rpartition(".")[2].startswith("_")]
    return sorted(found) or [package]


class HttpApi(SphinxDirective):
    """`{http-api}`: what infra/api/openapi.yaml says of every operation."""

    def run(self) -> list[nodes.Node]:
        """The operations, in the order of the file."""
        self.env.note_dependency(str(OPENAPI))
        contract = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))
        lines = [line for path, methods in contract["paths"].items() for line in _of_path(contract, path, methods)]
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


def _of_path(contract: dict[str, Any], path: str, methods: dict[str, Any]) -> Iterator[str]:
    shared = methods.get("parameters", [])
    for method, operation in methods.items():
        if method != "parameters":
            yield f"## `{method.upper()} {path}`\n"
            yield f"{operation.get('summary', '')}\n"
            yield f"{operation.get('description', '')}\n"
            yield from _parameters(contract, [*shared, *operation.get("parameters", [])])
            yield from _answers(contract, operation["responses"])


def _parameters(contract: dict[str, Any], parameters: list[dict[str, Any]]) -> Iterator[str]:
    if parameters:
        yield "| Parameter | In | What it is |\n|---|---|---|"
        for parameter in (_resolved(contract, one) for one in parameters):
            yield f"| `{parameter['name']}` | {parameter['in']} | {_cell(parameter.get('description', ''))} |"
        yield ""


def _answers(contract: dict[str, Any], responses: dict[str, Any]) -> Iterator[str]:
    yield "| Status | When |\n|---|---|"
    for status, response in responses.items():
        yield f"| {status} | {_cell(_resolved(contract, response)['description'])} |"
    yield ""


def _resolved(contract: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """What a reference within the file stands for."""
    found: Any = value
    if "$ref" in value:
        found = contract
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
    return dict(found)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def keep_blocks(_app: Sphinx, _what: str, _name: str, _of: object, _options: object, lines: list[str]) -> None:
    """An indented block of a docstring is text as it stands; reStructuredText asks for a mark before it."""
    for place in range(len(lines) - 1, 0, -1):
        before = next((line for line in reversed(lines[:place]) if line), "")
        if lines[place].startswith("    ") and not lines[place - 1] and not before.startswith((" ", "* ", "- ")):
            lines[place:place] = ["::", ""]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("modules", Modules)
    app.add_directive("http-api", HttpApi)
    app.connect("autodoc-process-docstring", keep_blocks)
    return {"parallel_read_safe": True}
