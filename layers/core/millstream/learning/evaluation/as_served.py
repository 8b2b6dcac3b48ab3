"""Evaluate a model as it is served: through the folder's scorer, with the input of a live request. Needs only numpy."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Protocol

import numpy as np

from millstream.application.ports import Scorer
from millstream.application.replay.progress import Advance
from millstream.domain.keys import item_key
from millstream.domain.views.user_state import RECENT_EVENTS
from millstream.learning.evaluation.metrics import measure
from millstream.learning.evaluation.questions import Questions, Split
from millstream.learning.evaluation.ranking import NOTHING, TOP, Answers, flattened
from millstream.learning.interactions import Codes, Ints, unknown

METRICS = ("HR@10", "NDCG@10")
"""The metrics on a model's card."""


NOTHING_KNOWN = unknown(1)[0]


class Asked(Protocol):
    """A model that answers one user at a time."""

    def top(self, history: Ints, excluded: Ints, limit: int, attributes: Codes = NOTHING_KNOWN) -> Ints:
        """The best items, best first, at most `limit`, without the excluded ones. Histories are oldest first."""


class AsServed:
    """Adapts a scorer to histories of item codes.

    The scorer gets the same input as in a request: the distinct items of the latest `RECENT_EVENTS` events, newest
    first.
    """

    def __init__(self, scorer: Scorer, items: Sequence[str]) -> None:
        """`items` are the item ids of the codes."""
        self._scorer = scorer
        self._keys = [item_key(item) for item in items]
        self._codes = {key: code for code, key in enumerate(self._keys)}

    def top(self, history: Ints, excluded: Ints, limit: int, attributes: Codes = NOTHING_KNOWN) -> Ints:
        """See Asked."""
        latest = dict.fromkeys(history[: -RECENT_EVENTS - 1 : -1].tolist())
        tail = [self._keys[code] for code in islice(latest, self._scorer.tail_items)]
        out = [self._keys[code] for code in excluded.tolist()]
        found = self._scorer.recommend(tail, out, limit, attributes.tolist())
        return np.array([self._codes[one.item] for one in found], np.int64)


def answers_of(model: Asked, questions: Questions, advance: Advance = lambda _: None) -> Answers:
    """The model's answers. A target that is not among the best `TOP` counts as not found.

    Calls `advance` with the number of questions answered.
    """
    owner, target = flattened(questions.targets)
    top = np.full((len(questions), TOP), NOTHING, dtype=np.int64)
    asked = zip(top, questions.histories, questions.excluded, questions.attributes, strict=True)
    for row, history, excluded, attributes in asked:
        found = model.top(history, excluded, TOP, attributes)
        row[: len(found)] = found
        advance(1)
    at = top[owner] == target[:, None]
    rank = np.where(at.any(axis=1), at.argmax(axis=1) + 1.0, np.inf)
    return Answers(rank, owner, target, top, questions.user)


def on_card(split: Split, answers: Answers) -> dict[str, dict[str, float]]:
    """The means of `METRICS` under the protocol's name, for a card.

    The name says that the evaluated model was fitted on the training part: the served model is fitted on all data, so
    no data is left to evaluate it on.
    """
    means = {name: float(measure(answers, name).mean()) for name in METRICS}
    return {f"{split.protocol}; asked as it serves, fit on the training part alone": means}
