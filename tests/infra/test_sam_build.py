"""What `sam build` makes really runs: on Lambda's Python, from Lambda's folders, without any environment variable.

Needs the SAM CLI (`make sam`, or one on PATH) and Python 3.13; without them the tests are skipped and say so.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream_tools.cloud.built import pin
from millstream_tools.cloud.local.template import Template, read_template
from tests.infra.cloudformation import ROOT, functions
from tests.infra.commands import run

RUNTIME = "python3.13"
LARGEST_UNZIPPED = 262_144_000
"""Bytes of a function and its layers together: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

IMPORT_ALL = """
import millstream, importlib, pkgutil
import {module} as it
assert callable(it.{handler})
for found in pkgutil.walk_packages(millstream.__path__, "millstream."):
    if not found.name.startswith({without}):
        importlib.import_module(found.name)
print(it.__file__)
"""
"""The handler, and what it imports only when it is called; scoring and learning where their layers are attached."""

LAYER_OF = {"millstream.scoring": "OnnxLayer", "millstream.learning": "LearningLayer"}

ARCHITECTURES = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


@pytest.fixture(scope="module")
def sam() -> str:
    """The SAM CLI. It lives in an environment of its own because its pins conflict with the project's."""
    own = ROOT / ".millstream" / "sam" / "bin" / "sam"
    found = str(own) if own.exists() else shutil.which("sam")
    if not found:
        pytest.skip("no SAM CLI: `make sam` installs it")
    return found


@pytest.fixture(scope="module")
def python() -> Path:
    """An interpreter of the version that Lambda runs."""
    for candidate in _pythons():
        if run(candidate, "-c", "import sys; print('python%d.%d' % sys.version_info[:2])").stdout.strip() == RUNTIME:
            return candidate
    pytest.skip(f"no {RUNTIME} on PATH or in pyenv: it builds and imports what Lambda runs")


def _pythons() -> Iterator[Path]:
    """Every file of that name; some are pyenv's shims, which fail where the version is not selected."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    if pyenv := shutil.which("pyenv"):
        folders += sorted(Path(run(pyenv, "root").stdout.strip(), "versions").glob("3.13*/bin"))
    yield from (folder / RUNTIME for folder in folders if (folder / RUNTIME).is_file())


@pytest.fixture(scope="module")
def environment(python: Path) -> dict[str, str]:
    """Where SAM finds the interpreter, and what it wants to know even when it asks no cloud."""
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(python.parent), os.environ.get("PATH", "")]),
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "SAM_CLI_TELEMETRY": "0",
    }


@pytest.fixture(scope="module")
def built(sam: str, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of built functions and layers, for this machine's processor and outside the checkout."""
    folder = tmp_path_factory.mktemp("sam") / "build"
    architecture = ARCHITECTURES[platform.machine()]
    overrides = ("--parameter-overrides", f"Architecture={architecture}")
    build = run(sam, "build", "--no-use-container", "--build-dir", folder, *overrides, env=environment)
    assert build.returncode == 0, build.stdout + build.stderr
    return folder


def folders_of(template: Template, name: str, built: Path) -> list[Path]:
    """What Lambda unpacks for a function: its own folder, then its layers."""
    layers = template["Globals"]["Function"]["Layers"] + functions(template)[name].get("Layers", [])
    (own,) = [*built.glob(name), *built.glob(f"*/{name}")]  # a nested stack has a folder of its own
    return [own, *(built / layer["Ref"] for layer in layers)]


def unzipped_bytes(folder: Path) -> int:
    """The size of every file below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_sam_accepts_the_template(sam: str, environment: dict[str, str]) -> None:
    """`sam validate --lint` expands the template, and those that it nests, and lints the result."""
    validated = run(sam, "validate", "--lint", env=environment)
    assert validated.returncode == 0, validated.stdout + validated.stderr


def test_what_sam_builds_fits_into_lambda_and_runs_there(template: Template, built: Path, python: Path) -> None:
    """One test, because the build takes a while and test workers do not share it."""
    for name, function in functions(template).items():
        folders = folders_of(template, name, built)
        sizes = {folder.name: unzipped_bytes(folder) for folder in folders}
        assert sum(sizes.values()) < LARGEST_UNZIPPED, f"{name}: {sizes}"
        if sys.platform == "linux":  # the layers hold Linux wheels
            imported = imports(function["Handler"], folders, python)
            assert imported.returncode == 0, f"{name}: {imported.stderr}"
            assert Path(imported.stdout.strip()).is_relative_to(folders[0]), f"{name} imported {imported.stdout}"
    pin(built / "template.yaml", ARCHITECTURES[platform.machine()])
    pinned = read_template(built / "template.yaml")
    assert pinned["Parameters"]["Architecture"]["AllowedValues"] == [ARCHITECTURES[platform.machine()]]
    assert set(pinned["Resources"]) == set(read_template(ROOT / "template.yaml")["Resources"])
    # What fits a model will have all layers; with another one's code it can import all there is.
    recommend = folders_of(template, "Recommend", built)
    learning = [*recommend, built / "LearningLayer"]
    assert sum(map(unzipped_bytes, learning)) < LARGEST_UNZIPPED
    if sys.platform == "linux":
        imported = imports(functions(template)["Recommend"]["Handler"], learning, python)
        assert imported.returncode == 0, imported.stderr


def imports(handler: str, folders: list[Path], python: Path) -> subprocess.CompletedProcess[str]:
    """Import a handler with Lambda's Python, from Lambda's folders alone, without any environment variable of ours."""
    own, *layers = folders
    module, _, function = handler.rpartition(".")
    attached = {layer.name for layer in layers}
    without = tuple(part for part, layer in LAYER_OF.items() if layer not in attached)
    script = IMPORT_ALL.format(module=module, handler=function, without=without)
    path = os.pathsep.join(map(str, [own, *(layer / "python" for layer in layers)]))
    return run(python, "-S", "-c", script, cwd=own, env={"PYTHONPATH": path})
