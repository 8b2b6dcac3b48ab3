"""Four ways to run one model over a stream, from knowing nothing new to knowing everything that came before."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.ranking import ranks_among_all, without
from millstream.learning.families.contract import Recommender, Updatable
from millstream.learning.interactions import Flags, Floats
from millstream_tools.lab.evaluation.prequential.stream import Stream


class Frozen:
    """A model that was fitted before the cut and learns nothing afterwards."""

    def __init__(self, model: Recommender, stream: Stream, seed: int) -> None:
        self.model, self._stream, self._seed = model, stream, seed
        self.knows: Flags = np.zeros(len(stream.data.items), dtype=bool)
        self._fit(stream.cut)

    def learn(self, row: int) -> None:
        """The row happened."""

    def _fit(self, until: int) -> None:
        self.model.fit(self._stream.before(until), self._seed)
        self.knows[self._stream.data.item[:until]] = True


class Refreshed(Frozen):
    """Refitted on all earlier events at fixed intervals, or at the start of each calendar period."""

    def learn(self, row: int) -> None:
        """See Frozen. A fit after the last event would be useless."""
        happened = row + 1
        if happened >= self._stream.end:
            return
        if self._stream.knobs.period_days is not None:
            due = self._stream.begins_period(happened)
        else:
            due = (happened - self._stream.cut) % self._stream.knobs.refresh_every == 0
        if due:
            self._fit(happened)


class Updated(Frozen):
    """Learns every event at once."""

    def __init__(self, model: Recommender, stream: Stream, seed: int) -> None:
        """Raises `InvalidInputError` for a model that cannot."""
        super().__init__(model, stream, seed)
        if not isinstance(model, Updatable):
            raise InvalidInputError("model", "one that learns from single events", model.name)
        self._updated = model

    def learn(self, row: int) -> None:
        """See Frozen."""
        data = self._stream.data
        self._updated.update(int(data.user[row]), int(data.item[row]))
        self.knows[data.item[row]] = True


@dataclass(frozen=True)
class Arm:
    """A way to run a model: what it learns, and whether it sees its user's events since the cut."""

    name: str
    learner: type[Frozen]
    live: bool


ARMS = (
    Arm("frozen model, frozen profile", Frozen, live=False),
    Arm("frozen model, live context", Frozen, live=True),
    Arm("refreshed model, live context", Refreshed, live=True),
    Arm("updated per event, live context", Updated, live=True),
)
"""Each knows more than the one before it."""


def arms_of(model: Recommender, names: Collection[str] = ()) -> tuple[Arm, ...]:
    """The arms in which the model can run, of these names if any are given. Raises InvalidInputError for others."""
    known = [arm.name for arm in ARMS]
    for name in names:
        if name not in known:
            raise InvalidInputError("arms", f"names among {'; '.join(known)}", name)
    able = (arm for arm in ARMS if arm.learner is not Updated or isinstance(model, Updatable))
    return tuple(arm for arm in able if not names or arm.name in names)


@dataclass(frozen=True, eq=False)
class Played:
    """The results of e events. `rank` [e] of each actual item, from 1; infinite if it could not be found.

    `known` [e]: whether the model knew the item. Seconds are of all cores, for all events; the first fit is in neither.
    None where nothing was worked out: for an oracle.
    """

    rank: Floats
    known: Flags
    ranking_s: float | None
    learning_s: float | None


def play(
    model: Recommender,
    stream: Stream,
    arm: Arm,
    seed: int,
    watched: Callable[[range], Iterable[int]] = lambda rows: rows,
) -> Played:
    """Rank each event among all items that the model knows, then let it learn what the arm allows.

    An item that the model does not know is never answered, and so a miss. Events are asked one at a time, as in
    operation: the seconds of the arms can be compared. `watched` may show how far it is.
    """
    learner = arm.learner(model, stream, seed)
    rank, known = np.full(len(stream), np.inf), np.zeros(len(stream), dtype=bool)
    ranking_s = learning_s = 0.0
    before = time.process_time()
    for row in watched(range(stream.cut, stream.end)):
        # The bar's own work, if there is one, is counted here: a few microseconds.
        place, skipped = divmod(row - stream.cut, stream.knobs.every)
        if not skipped:
            known[place] = learner.knows[stream.data.item[row]]
            rank[place] = _rank(learner, stream, row, live=arm.live)
        ranked = time.process_time()
        learner.learn(row)
        learned = time.process_time()
        ranking_s, learning_s, before = ranking_s + ranked - before, learning_s + learned - ranked, learned
    return Played(rank, known, ranking_s, learning_s)


def _rank(learner: Frozen, stream: Stream, row: int, *, live: bool) -> float:
    scores = learner.model.score([stream.context(row, live=live)])
    barred = np.concatenate([np.flatnonzero(~learner.knows), stream.excluded(row)])
    able = without(scores, [barred])
    return float(ranks_among_all(able, np.zeros(1, np.int64), stream.data.item[row : row + 1])[0])
