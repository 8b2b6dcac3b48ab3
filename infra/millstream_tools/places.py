"""Where things lie: what is deployed, and what is kept on this machine.

In a checkout, the template and the functions are the checkout's own; an installed wheel brings a copy of them as data.
"""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_state_path

TOOLS = Path(__file__).resolve().parents[1]
"""The folder of this package, for the path of processes that are started here."""
CHECKOUT = TOOLS.parent
"""The checkout, for what runs in one only: tests, and the check of LocalStack."""
PYTHON_PATH = (CHECKOUT, CHECKOUT / "layers" / "core", TOOLS)
"""Where Python finds the functions, the core and the tools of the checkout."""
STATE = ".millstream"


def deployed_from(tools: Path) -> Path:
    """The folder with template.yaml, functions/, layers/ and infra/: data in an installed wheel, else the checkout."""
    data = tools / "millstream_tools" / "deployed"
    return data if data.is_dir() else tools.parent


def state_folder_of(deployed: Path) -> Path:
    """Where state is kept: the checkout's `.millstream`; for a wheel the working folder's if it has one, or the user's.

    Never beside an installed package, which may be read-only. The user's is `~/.local/state/millstream` on Linux.
    """
    if deployed == CHECKOUT:
        return CHECKOUT / STATE
    return Path(STATE).resolve() if Path(STATE).is_dir() else user_state_path("millstream", appauthor=False)


DEPLOYED = deployed_from(TOOLS)
TEMPLATE = DEPLOYED / "template.yaml"
LAYER_REQUIREMENTS = tuple(sorted(DEPLOYED.glob("layers/*/requirements.txt")))
LOCK = DEPLOYED / "infra" / "locked.txt"
"""The exact versions, which the layers' requirements name as their constraints."""
# For a clean start: `millstream down`, then delete this folder.
STATE_FOLDER = state_folder_of(DEPLOYED)
ENVIRONMENT_FOLDER = STATE_FOLDER / "cloud"
