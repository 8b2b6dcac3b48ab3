"""The compression plan: methods by name, with their knobs and accepted losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from millstream.domain.errors import InvalidInputError
from millstream_tools.lab.compression.ways import WAYS, knobs_for

_OWN = ("way", "most_loss")


@dataclass(frozen=True)
class Try:
    """One row of the table. `most_loss` is the share of NDCG@10 that may go; past it the model is refused."""

    name: str
    way: str
    stated: Mapping[str, Any]
    most_loss: float

    def __post_init__(self) -> None:
        if not isinstance(self.most_loss, int | float) or not 0 <= self.most_loss < 1:
            raise InvalidInputError(f"{self.name}: most_loss", "a share from 0 to below 1", self.most_loss)
        knobs_for(self.way, self.stated)


def read_plan(path: Path | None, names: Sequence[str], most_loss: float) -> tuple[Try, ...]:
    """Those of the file and, by their own names, all ways with their defaults; `names` picks, none of them: the file's.

    The file is YAML: by name, the knobs of the way of that name, or of `way`, and `most_loss` where it is its own.
    Raises InvalidInputError for an unknown name or knob, or an invalid value.
    """
    stated = yaml.safe_load(path.read_text(encoding="utf-8")) if path else {}
    if not isinstance(stated, dict) or not all(isinstance(one, dict) for one in stated.values()):
        raise InvalidInputError(str(path), "a mapping of names to knobs", stated)
    known = {**{name: {} for name in WAYS if name != "fp32"}, **stated}
    for name in names:
        if name not in known:
            raise InvalidInputError("ways", f"names among {', '.join(known)}", name)
    return tuple(_try(name, known[name], most_loss) for name in names or stated or known)


def _try(name: str, stated: Mapping[str, Any], most_loss: float) -> Try:
    knobs = {knob: value for knob, value in stated.items() if knob not in _OWN}
    return Try(name, stated.get("way", name), knobs, stated.get("most_loss", most_loss))
