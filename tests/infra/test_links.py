"""The documents point at files that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.infra.cloudformation import ROOT

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def documents() -> list[Path]:
    """Every Markdown file of the checkout that is not made by a build."""
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return sorted(
        ROOT / path for path in found if not any(part.startswith(".") and part != ".github" for part in path.parts)
    )


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    """Each that is no address on the web names a file or a folder, seen from the document."""
    named = LINK.findall(document.read_text(encoding="utf-8"))
    inside = [target for target in named if not target.startswith(("http://", "https://", "mailto:"))]
    assert [target for target in inside if not (document.parent / target).exists()] == []
