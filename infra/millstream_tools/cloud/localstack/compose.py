"""Read compose.yaml, so that the check without Docker runs the same settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

COMPOSE = Path(__file__).with_name("compose.yaml")


def localstack_service() -> dict[str, Any]:
    """The one service of compose.yaml."""
    service: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]["localstack"]
    return service


def environment_of_the_container() -> dict[str, str]:
    """The variables that compose.yaml sets itself, without those that it passes through."""
    return {name: value for name, value in localstack_service()["environment"].items() if value is not None}
