"""A smaller model as the folder that is served: made to be measured, kept if it is good."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from millstream.domain.models.cards import FILE as CARD
from millstream.domain.models.cards import Cost, read_card
from millstream.learning.export.origin import Origin
from millstream.learning.interactions import Ints
from millstream_tools.lab.compression.measuring import Served, rows_of
from millstream_tools.lab.compression.ways import Smaller
from millstream_tools.lab.sequence.export import export


class Candidate(NamedTuple):
    """A smaller model in a folder of its own, and the name of its version."""

    smaller: Smaller
    folder: Path
    version: str
    served: Served

    def keep(self, folder: Path, protocol: str, means: Mapping[str, float]) -> None:
        """Put it in `folder`, in place of what is there: `served`, with its metrics, and `lab`, the weights."""
        path = self.folder / CARD
        card = replace(read_card(path.read_bytes()), metrics={protocol: dict(means)})
        path.write_text(card.to_json(), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        shutil.move(self.folder, folder / "served")
        self.smaller.model.save(folder / "lab")


class Publisher(NamedTuple):
    """Writes models of one training set into folders of `scratch`."""

    labels: Sequence[str]
    histories: Sequence[Ints]
    training_set: str
    seed: int
    created_at_ms: int
    scratch: Path

    def candidate(self, name: str, smaller: Smaller, cost: Cost, made_from: str | None) -> Candidate:
        """The model in a folder of this name; its algorithm is named so, too."""
        rows = rows_of(self.labels)
        in_rows = [rows[history] for history in self.histories]
        exported = export(
            smaller.model.knobs,
            smaller.model.weights(),
            self.labels,
            self.scratch / name,
            Origin(self.training_set, self.seed, cost, self.created_at_ms, {}, made_from=made_from),
            to_graph=smaller.graph_of(in_rows),
            algorithm=f"sequence-{name}",
        )
        served = Served(exported.folder, rows, smaller.model.knobs.window)
        return Candidate(smaller, exported.folder, exported.version, served)
