"""How good the demo's model is: the lab's time split of the history that it is fitted on. Needs numpy alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path

import numpy as np

from millstream.application.ports import LogRecord
from millstream.application.replay.progress import Progress
from millstream.domain.errors import InvalidInputError
from millstream.domain.log.positions import HISTORY_SHARD, Position
from millstream.domain.log.records import encode
from millstream.domain.models.cards import Cost
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream_tools.demo.translation import history_records
from millstream_tools.lab.data.interactions import Interactions, Ints
from millstream_tools.lab.data.preparation import AccidentalClicks, prepare
from millstream_tools.lab.evaluation.as_served import AsServed, answers_of, on_card
from millstream_tools.lab.evaluation.questions import Split
from millstream_tools.lab.evaluation.time_split import ExcludeInTime, time_split
from millstream_tools.lab.served.covisitation_model.export import export
from millstream_tools.lab.served.covisitation_model.fit import fit
from millstream_tools.shops.contract.behaviour import Behaviour
from millstream_tools.shops.contract.shop import SeenPolicy

SHARE = 0.8
"""Of the history is fitted on; the rest is asked for."""

QUESTIONS = 5_000
"""At most, evenly over what is asked for: a standard error of 0.006 for seconds of work."""

STEPS = AccidentalClicks(repeat_s=1e12, dwell_s=0.0)
"""However late it comes: a view that becomes a purchase is no step to another item, so nobody is asked for it."""

_EXCLUDED: dict[SeenPolicy, ExcludeInTime] = {"all": "history", "session": "same time"}
_SECRET = b"nobody sees these pseudonyms"


def appraised(history: Sequence[Behaviour], seen: SeenPolicy, progress: Progress) -> dict[str, dict[str, float]]:
    """What the model's card says: metrics of the model of the history's first four fifths, asked about the last.

    `history` is in order of time. Empty where it is too short to be cut.
    """
    try:
        data = prepare(_interactions(history), [STEPS])[0]
        split = _split(data, _EXCLUDED.get(seen, "none"))
    except InvalidInputError:
        return {}
    cut = data.at[len(split.train)]
    earlier = (behaviour for behaviour in history if behaviour.occurred_at < cut)
    with tempfile.TemporaryDirectory() as folder, progress("Measuring the model", len(split.questions)) as advance:
        exported = export(fit(_records(earlier)), Path(folder), created_at_ms=0, cost=Cost(0.0, 0.0))
        asked = AsServed(OnnxScorer.load(exported.folder, exported.version), data.items)
        return on_card(split, answers_of(asked, split.questions, advance))


def _split(data: Interactions, exclude: ExcludeInTime) -> Split:
    """The lab's. Raises InvalidInputError where one side of the cut would be empty."""
    every = ceil(len(data) * (1 - SHARE) / QUESTIONS)
    split = time_split(data, SHARE, exclude=exclude, every=every)
    return replace(split, protocol=f"{split.protocol}, no step from an item to itself")


def _interactions(history: Sequence[Behaviour]) -> Interactions:
    users, user = _coded(behaviour.user_id for behaviour in history)
    items, item = _coded(behaviour.item_id for behaviour in history)
    return Interactions(user, item, np.array([behaviour.occurred_at for behaviour in history]), users, items)


def _coded(labels: Iterable[str]) -> tuple[list[str], Ints]:
    """The different labels, and the number of each in their list."""
    numbers: dict[str, int] = {}
    codes = np.array([numbers.setdefault(label, len(numbers)) for label in labels], np.int64)
    return list(numbers), codes


def _records(history: Iterable[Behaviour]) -> Iterator[LogRecord]:
    """The history as the log would have it."""
    for number, record in enumerate(history_records(history, _SECRET), 1):
        yield LogRecord(Position(HISTORY_SHARD, number), record.subject.hex(), encode(record))
