"""What people install is what the tests ran with."""

from __future__ import annotations

import tomllib

from tests.infra.cloudformation import ROOT


def test_the_labs_libraries_are_tested_in_the_versions_that_its_extra_installs() -> None:
    """The tests' group repeats the pins."""
    content = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(content["project"]["optional-dependencies"]["lab"]) <= set(content["dependency-groups"]["dev"])
