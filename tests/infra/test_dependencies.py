"""What people install is what the tests ran with."""

from __future__ import annotations

import tomllib

from tests.infra.cloudformation import ROOT


def pins(requirements: list[str]) -> dict[str, str]:
    """Name → version."""
    return dict(requirement.split("==") for requirement in requirements)


def test_the_labs_libraries_are_tested_in_the_versions_that_its_extra_installs() -> None:
    """What both the extra and the tests' group name has one version."""
    content = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    installed = pins(content["project"]["optional-dependencies"]["lab"])
    tested = pins(content["dependency-groups"]["dev"])
    assert {"scipy", "implicit", "threadpoolctl"} <= installed.keys() & tested.keys()
    assert {name: tested.get(name, version) for name, version in installed.items()} == installed
