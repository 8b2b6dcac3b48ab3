"""Fits the model on a log."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from millstream.application.ports import LogRecord
from millstream.domain.errors import InvalidInputError
from millstream.scoring.vocabulary import Vocabulary, words
from millstream_tools.lab.served.covisitation_model.config import CovisitationConfig
from millstream_tools.lab.served.covisitation_model.counts import WeightedPairs
from millstream_tools.lab.served.covisitation_model.model import CovisitationModel
from millstream_tools.lab.served.covisitation_model.neighbours import best_neighbours, both_ways, scored
from millstream_tools.lab.served.covisitation_model.replay import Replay, replay


def fit(records: Iterable[LogRecord], config: CovisitationConfig | None = None) -> CovisitationModel:
    """Fit on records in the order of the log (shard by shard, by position); the same records give the same model.

    Raises InvalidInputError if no record holds an event about an item.
    """
    return fitted(replay(records), config or CovisitationConfig())


def fitted(history: Replay, config: CovisitationConfig) -> CovisitationModel:
    """The model of a replayed log; one replay can be fitted with many configurations."""
    if not history.keys:
        raise InvalidInputError("records", "at least one event about an item", f"{history.log.records} records")
    unordered = words(history.keys)
    order = np.argsort(unordered)
    index = np.empty(len(order), np.int64)
    index[order] = np.arange(len(order))
    directed = WeightedPairs(index[history.pairs.sources], index[history.pairs.targets], history.pairs.weights)
    pairs = both_ways(directed, len(order), config.backward)
    return CovisitationModel(
        vocabulary=Vocabulary(unordered[order]),
        item_ids=tuple(history.ids[number] for number in order.tolist()),
        neighbours=best_neighbours(pairs, scored(pairs, len(order), config), len(order), config),
        config=config,
        log=history.log,
    )
