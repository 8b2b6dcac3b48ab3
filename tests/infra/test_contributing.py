"""What runs before a commit and on every change is what a person runs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import pytest
import yaml

from tests.infra.cloudformation import ROOT

CI = ROOT / ".github" / "workflows" / "ci.yml"


def recipes() -> dict[str, str]:
    """The commands of each target of the Makefile."""
    parts = re.split(r"^([a-z-]+):.*\n", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def ci_steps() -> Iterator[dict[str, str]]:
    """The steps of every job."""
    for job in yaml.safe_load(CI.read_text(encoding="utf-8"))["jobs"].values():
        yield from job["steps"]


def test_every_change_is_tested_as_a_person_tests() -> None:
    """By the forge's workflow and by the script in `.ci`, with targets of the Makefile and nothing beside them."""
    by_the_forge = [step["run"] for step in ci_steps() if "run" in step]
    by_the_script = re.findall(r"^make .*$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert by_the_forge == by_the_script == ["make sam", "make test"]
    assert {"sam", "test"} <= recipes().keys()


def test_the_oldest_python_and_the_functions_python_are_tested() -> None:
    """As pyproject.toml and the template name them."""
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    (job,) = yaml.safe_load(CI.read_text(encoding="utf-8"))["jobs"].values()
    assert job["strategy"]["matrix"]["python"] == [oldest.removeprefix(">="), "3.13"]
    assert "Runtime: python3.13" in (ROOT / "template.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("program", ["ruff format", "ruff check", "mypy", "lint-imports"])
def test_a_commit_is_checked_by_what_make_check_runs(program: str) -> None:
    """With the same tools, those of `.venv`."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    entries = [hook["entry"] for repository in hooks for hook in repository["hooks"]]
    assert f".venv/bin/{program}" in entries
    assert f"$(BIN)/{program}" in recipes()["check"]
