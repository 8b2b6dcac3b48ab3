"""Where things lie in a checkout: the local cloud runs the real template and functions from there."""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
# Ignored by git; `rm -r .millstream` gives a clean start.
STATE_FOLDER = CHECKOUT / ".millstream"
ENVIRONMENT_FOLDER = STATE_FOLDER / "cloud"
TEMPLATE = CHECKOUT / "template.yaml"
LAYER_REQUIREMENTS = (
    CHECKOUT / "layers" / "platform" / "requirements.txt",
    CHECKOUT / "layers" / "onnx" / "requirements.txt",
)
