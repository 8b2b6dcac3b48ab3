"""The documentation builds, strictly and without network, and says what the code says."""

from __future__ import annotations

import html
import re
import sys
from pathlib import Path

import pytest
import yaml

from millstream.domain.errors import ConflictError
from millstream_tools.cloud.local.template import read_template
from tests.infra.cloudformation import ALARMS, ROOT, resources
from tests.infra.commands import run

HOURS_A_MONTH = 730


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` builds it: a broken link, a page in no table of contents or a bad docstring fails."""
    folder = tmp_path_factory.mktemp("docs")
    options = ("--quiet", "--fail-on-warning", "--keep-going", "--nitpicky", "--conf-dir", "docs")
    built = run(sys.executable, "-m", "sphinx", *options, "--doctree-dir", folder / "read", ".", folder / "site")
    assert built.returncode == 0, built.stderr
    return folder / "site"


def test_the_site_has_every_operation_and_every_public_name(site: Path) -> None:
    """The HTTP contract's operations, and docstrings of the domain; one test, because the build takes a while."""
    contract = yaml.safe_load((ROOT / "infra" / "api" / "openapi.yaml").read_text(encoding="utf-8"))
    operations = {f"{method.upper()} {path}" for path, methods in contract["paths"].items() for method in methods}
    api = text_of(site / "docs" / "http-api.html")
    assert {operation for operation in operations if operation not in api} == set()
    domain = text_of(site / "docs" / "reference" / "domain.html")
    assert str(ConflictError.__doc__) in domain
    assert "exception millstream.domain.errors.ConflictError" in " ".join(domain.split())


def text_of(page: Path) -> str:
    """A page without its tags."""
    return html.unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")))


def test_the_idle_costs_are_those_of_the_template() -> None:
    """As many alarms as there are; each line is count times price, and the sums are the sums."""
    page = (ROOT / "docs" / "costs.md").read_text(encoding="utf-8")
    assert cell(page, "CloudWatch alarms", 2) == str(len(resources(read_template(ALARMS), "AWS::CloudWatch::Alarm")))
    stream, key, secret, alarms = (float(cell(page, name, 4)) for name in ("Kinesis", "KMS", "Secret", "CloudWatch"))
    assert stream == pytest.approx(0.04 * HOURS_A_MONTH)
    assert alarms == pytest.approx(33 * 0.1)
    assert float(cell(page, "\\*\\*Total\\*\\* ", 4).strip("*")) == pytest.approx(stream + key + secret + alarms)
    shard, week = float(cell(page, "one shard", 3)), float(cell(page, "retention of a week", 3))
    assert (shard, week) == (pytest.approx(0.015 * HOURS_A_MONTH), pytest.approx(0.02 * HOURS_A_MONTH))
    assert float(cell(page, "\\*\\*Total, ", 3).strip("*")) == pytest.approx(shard + week + key + secret + alarms)


def cell(page: str, row: str, column: int) -> str:
    """One cell of the table row that begins so; columns count from 1."""
    found = re.search(rf"^\| {row}.*$", page, re.MULTILINE)
    assert found, f"no row {row}"
    return found.group().split("|")[column].strip()
