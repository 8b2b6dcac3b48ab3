"""The picture of a choice: the trials by the units that were spent, and the best so far."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from millstream.learning.choosing.proposing import Proposal
from millstream.learning.choosing.trials import METRIC

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#9a9a9a")
"""Of M. Okabe and K. Ito's set."""


def draw(proposal: Proposal, path: Path) -> None:
    """A dot for each trial on all validation questions, in the colour of its family."""
    tried = proposal.chosen.tried
    most = max((len(one.outcome.values) for one in tried), default=0)
    spent, points, best = 0.0, [], []
    for one in tried:
        spent += one.outcome.units
        if len(one.outcome.values) == most and one.stage != "confirm":
            points.append((spent, one.outcome.mean, one.trial.family))
            best.append((spent, max(mean for _, mean, _ in points)))
    figure = Figure(figsize=(8.0, 4.5), layout="constrained")
    place = figure.subplots()
    for colour, family in zip(_COLOURS, dict.fromkeys(family for *_, family in points), strict=False):
        of_family = [(units, mean) for units, mean, name in points if name == family]
        units, means = zip(*of_family, strict=True)
        place.scatter(units, means, s=18, color=colour, label=family)
    if best:
        place.step(*zip(*best, strict=True), where="post", color="#000000", linewidth=1.2, label="best so far")
        place.legend()
    place.set_xlabel("units spent")
    place.set_ylabel(f"{METRIC} on the validation questions")
    figure.savefig(path, dpi=110)
