from __future__ import annotations

import ast
from pathlib import Path

import pytest

from millstream import domain
from millstream.adapters.local import fold_code
from millstream.adapters.local.fold_code import FOLD_MODULES

SOURCES = Path(domain.__file__).parent
WITHOUT_MEANING = {"errors"}
"""Its words may change without changing what a log means."""


def test_the_same_code_has_the_same_hash() -> None:
    """In hex, of one length."""
    assert fold_code.fold_code.__wrapped__() == fold_code.fold_code()
    assert len(bytes.fromhex(fold_code.fold_code())) == 16


def source_of(folder: Path, module: str) -> Path:
    """The file of a module that is named as in FOLD_MODULES."""
    return folder.joinpath(*module.split(".")).with_suffix(".py")


def imported_by(module: str) -> set[str]:
    """The modules of the domain that this one imports."""
    tree = ast.parse(source_of(SOURCES, module).read_text())
    names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.removeprefix("millstream.domain.") for name in names if name.startswith("millstream.domain.")}


@pytest.mark.parametrize("module", FOLD_MODULES)
def test_what_a_fold_imports_is_part_of_it(module: str) -> None:
    """A module that is split leaves no part of the fold outside the hash."""
    assert imported_by(module) <= {*FOLD_MODULES, *WITHOUT_MEANING}


def test_a_changed_line_is_another_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In any of the modules, and only there."""
    another = "catalogue.items"
    for name in (*FOLD_MODULES, another):
        source_of(tmp_path, name).parent.mkdir(exist_ok=True)
        source_of(tmp_path, name).write_bytes(source_of(SOURCES, name).read_bytes())
    monkeypatch.setattr(fold_code, "files", lambda package: tmp_path)
    hashes = [fold_code.fold_code.__wrapped__()]
    assert hashes == [fold_code.fold_code()]
    for name in (another, *FOLD_MODULES):
        with source_of(tmp_path, name).open("a") as source:
            source.write("# another line\n")
        hashes.append(fold_code.fold_code.__wrapped__())
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 1 + len(FOLD_MODULES)
