"""The documentation as a site: the pages of docs/, the READMEs of the folders, and the reference from docstrings.

The source is the whole checkout, so that a README and its links are the same on the site and in the repository.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS))  # for the extension that lies beside this file

PROJECT = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "Millstream"
author = "The Millstream authors"
release = PROJECT["version"]
language = "en"
root_doc = "docs/index"
include_patterns = ["docs/**", "functions/**", "layers/**", "infra/**", "events/**", "tests/**", "README.md"]
exclude_patterns = [".*", "**/.*", "**/__pycache__", "**/golden", "**/api"]
source_suffix = {".md": "markdown"}

extensions = ["myst_parser", "sphinx.ext.autodoc", "generated_pages"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
# Docstrings are plain text with `names` in it.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "mixed"
autodoc_default_options = {"members": True, "show-inheritance": True}
# Types of other libraries and of private modules have no page here.
nitpick_ignore_regex = [("py:.*", ".*")]

html_theme = "alabaster"  # comes with Sphinx, and builds in two thirds of the time of others
html_theme_options = {"description": PROJECT["description"], "page_width": "1080px", "fixed_sidebar": True}
html_show_copyright = False
