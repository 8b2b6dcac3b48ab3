"""Paths: the files that are deployed, and the state kept on this machine.

A checkout deploys its own template and functions; an installed wheel contains a copy of them as package data.
"""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_state_path

TOOLS = Path(__file__).resolve().parents[1]
"""The folder that contains this package, for the path of child processes."""
CHECKOUT = TOOLS.parent
"""The checkout, for tests and the LocalStack check, which need one."""
PYTHON_PATH = (CHECKOUT, CHECKOUT / "layers" / "core", TOOLS)
"""The import path of the checkout's functions, core package and tools."""
STATE = ".millstream"


def deployed_from(tools: Path) -> Path:
    """The folder with template.yaml, functions/, layers/ and infra/: package data of a wheel, or the checkout."""
    data = tools / "millstream_tools" / "deployed"
    return data if data.is_dir() else tools.parent


def state_folder_of(deployed: Path) -> Path:
    """The state folder: the checkout's `.millstream`; for a wheel, the working folder's if it exists, else the user's.

    Never inside an installed package, which may be read-only. The user's is `~/.local/state/millstream` on Linux.
    """
    if deployed == CHECKOUT:
        return CHECKOUT / STATE
    return Path(STATE).resolve() if Path(STATE).is_dir() else user_state_path("millstream", appauthor=False)


DEPLOYED = deployed_from(TOOLS)
TEMPLATE = DEPLOYED / "template.yaml"
LAYER_REQUIREMENTS = tuple(sorted(DEPLOYED.glob("layers/*/requirements.in")))
LOCK = DEPLOYED / "infra" / "locked.txt"
"""The locked versions, used as constraints by the layers' requirements."""
# For a clean start: `millstream down`, then delete this folder.
STATE_FOLDER = state_folder_of(DEPLOYED)
ENVIRONMENT_FOLDER = STATE_FOLDER / "cloud"
