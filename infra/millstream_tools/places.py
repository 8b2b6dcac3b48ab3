"""Where things lie: the local cloud runs the real template and functions from the checkout."""

from __future__ import annotations

from pathlib import Path

TOOLS = Path(__file__).resolve().parents[1]
CHECKOUT = TOOLS.parent
PYTHON_PATH = (CHECKOUT, CHECKOUT / "layers" / "core", TOOLS)
"""Where Python finds the functions, the core and the tools of this checkout, for processes that are started here."""
# Ignored by git; `rm -r .millstream` gives a clean start.
STATE_FOLDER = CHECKOUT / ".millstream"
ENVIRONMENT_FOLDER = STATE_FOLDER / "cloud"
TEMPLATE = CHECKOUT / "template.yaml"
LAYER_REQUIREMENTS = (
    CHECKOUT / "layers" / "platform" / "requirements.txt",
    CHECKOUT / "layers" / "onnx" / "requirements.txt",
)
