"""What `sam build` made runs on one processor: its template then accepts no other.

The wheels in the layers are chosen at the build, the processor of the functions at the deployment. A template that has
been built for one and is deployed for the other would give functions that cannot load their packages.
"""

from __future__ import annotations

import sys
from pathlib import Path

from millstream_tools.cloud.local.template import Template, read_template, write_template

PARAMETER = "Architecture"


def built_for(template: Template, architecture: str) -> Template:
    """The built template, with the architecture as the only value of its parameter. Raises ValueError."""
    described = template["Parameters"][PARAMETER]
    if architecture not in described["AllowedValues"]:
        allowed = ", ".join(described["AllowedValues"])
        raise ValueError(f"{PARAMETER}: expected one of {allowed}, got {architecture!r}")
    only = described | {"Default": architecture, "AllowedValues": [architecture]}
    return template | {"Parameters": template["Parameters"] | {PARAMETER: only}}


def pin(path: Path, architecture: str) -> None:
    """Replace a built template by one for this architecture only."""
    path.write_bytes(write_template(built_for(read_template(path), architecture)))


if __name__ == "__main__":
    pin(Path(sys.argv[1]), sys.argv[2])
