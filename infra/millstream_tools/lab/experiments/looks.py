"""The list of which test parts were looked at, and how often: each look makes the next best figure a little luckier."""

from __future__ import annotations

import json
from pathlib import Path

FILE = "looks.json"


def looked(into: Path, data_sha256: str, name: str, protocol: str, command: str) -> None:
    """Count a look at the test questions of a data set under a protocol, in a file in the folder of the results."""
    path = into / FILE
    looks = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    known = next((one for one in looks if (one["data_sha256"], one["protocol"]) == (data_sha256, protocol)), None)
    if known is None:
        known = {"data": name, "data_sha256": data_sha256, "protocol": protocol, "looks": 0, "commands": {}}
        looks.append(known)
    known["looks"] += 1
    known["commands"][command] = known["commands"].get(command, 0) + 1
    path.write_text(json.dumps(looks, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
