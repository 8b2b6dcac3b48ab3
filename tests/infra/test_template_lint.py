"""cfn-lint knows CloudFormation's own schemas; this runs it as a person would."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from tests.infra.cloudformation import ALARMS, FLOWS, ROOT, TEMPLATE
from tests.infra.commands import run


def test_cfn_lint_finds_nothing() -> None:
    """All templates, every rule, as .cfnlintrc says."""
    linted = run(Path(sys.executable).with_name("cfn-lint"))
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_cfn_lint_checks_all_templates_and_a_rule_is_ignored_only_with_a_reason() -> None:
    """The ignored rules stand one a line, each with a comment."""
    text = (ROOT / ".cfnlintrc").read_text(encoding="utf-8")
    config = yaml.safe_load(text)
    assert {path for pattern in config["templates"] for path in ROOT.glob(pattern)} == {TEMPLATE, ALARMS, *FLOWS}
    for rule in config.get("ignore_checks", []):
        (line,) = (line for line in text.splitlines() if line.strip().startswith(f"- {rule}"))
        assert "# " in line, f".cfnlintrc: {rule} is ignored without a reason"
