from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from millstream.application.ports import LogRecord
from millstream.domain.keys import ItemKey, item_key
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.records import decode_cores
from millstream.domain.views.tastes import TAIL_DECAY, TAIL_ITEMS, tail, transitions
from millstream.domain.views.user_state import UserState
from millstream.learning.export.neighbours import Neighbours
from millstream.learning.export.served import ServedNeighbours
from millstream.learning.families.transitions import Counting
from millstream.learning.families.transitions import transitions as all_transitions
from millstream.learning.from_log import read_history
from millstream.scoring.onnx_scorer import OnnxScorer
from millstream.scoring.session import open_session
from tests.references.answers import NextItems
from tests.references.covisitation import next_items
from tests.unit.millstream.learning.histories import exported, log_of, record, viewed

items = st.sampled_from([f"item {n}" for n in range(15)])
histories = st.dictionaries(
    st.sampled_from(["ann", "bob", "cat", "dan"]), st.lists(items, min_size=1, max_size=30), min_size=1
)
keys = st.sampled_from([item_key(f"item {n}") for n in range(15)] + [item_key("unknown 1"), item_key("unknown 2")])
tails = st.lists(keys, max_size=TAIL_ITEMS + 3, unique=True)


@st.composite
def neighbour_matrices(draw: st.DrawFn) -> Neighbours:
    """Any model: some rows full, some empty, with many equal scores."""
    count = draw(st.integers(1, 40))
    width = draw(st.integers(1, 12))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = np.full((count + 1, width), count, np.int32)
    scores = np.zeros((count + 1, width), np.float16)
    for row in range(count):
        kept = random.permutation(count)[: random.integers(0, min(width, count) + 1)]
        rows[row, : len(kept)] = kept
        scores[row, : len(kept)] = np.sort(random.choice([1, 2, 2.5, 300, 65504], len(kept)))[::-1]
    return Neighbours(rows, scores, 2.0 ** draw(st.integers(-3, 18)))


def by_onnx(neighbours: Neighbours, decay: float, inputs: dict[str, NDArray[np.generic]]) -> NextItems:
    """The graph's own answer."""
    with tempfile.TemporaryDirectory() as folder:
        ServedNeighbours("any", neighbours, TAIL_ITEMS, decay).built().write(Path(folder))
        return NextItems(*open_session(Path(folder)).run(["items", "scores", "because"], inputs))


@given(neighbour_matrices(), st.data())
def test_onnx_answers_as_plain_numpy_does(neighbours: Neighbours, data: st.DataObject) -> None:
    """For any model and any question: the same items in the same order, for the same scores and reasons."""
    index = st.integers(-1, neighbours.items.shape[0] - 2)
    asked = np.array(data.draw(st.lists(index, min_size=1, max_size=TAIL_ITEMS)), np.int64)
    excluded = np.array(data.draw(st.lists(index, max_size=20)), np.int64)
    limit = data.draw(st.integers(1, 60))
    decay = data.draw(st.sampled_from([0.3, 0.5, 0.7, 1.0]))
    weight = (decay ** np.arange(len(asked))).astype(np.float32)
    expected = next_items(neighbours, asked, decay, excluded, limit)
    inputs = {"tail": asked, "tail_weight": weight, "excluded": excluded, "limit": np.array([limit], np.int64)}
    got = by_onnx(neighbours, decay, inputs)
    assert got.items.tolist() == expected.items.tolist()
    assert got.scores.tolist() == expected.scores.tolist()
    assert got.because.tolist() == expected.because.tolist()


@given(histories, st.lists(st.tuples(tails, st.sets(keys), st.integers(-1, 20)), min_size=1, max_size=10))
def test_a_slate_is_always_legal(
    histories: dict[str, list[str]], questions: list[tuple[list[ItemKey], set[ItemKey], int]]
) -> None:
    """No excluded, unknown or repeated item, no more than asked for, best first, equal scores in the order of keys."""
    known = {item_key(item) for history in histories.values() for item in history}
    with tempfile.TemporaryDirectory() as folder:
        model = exported(log_of(histories), Path(folder))
        scorer = OnnxScorer.load(model.folder, model.version)
        for asked, excluded, limit in questions:
            slate = scorer.recommend(asked, excluded, limit)
            given_items = [candidate.item for candidate in slate]
            assert len(given_items) == len(set(given_items)) <= max(0, limit)
            assert set(given_items) <= known - excluded
            assert {candidate.because for candidate in slate} <= known & set(asked[:TAIL_ITEMS])
            assert all((-better.score, better.item) < (-worse.score, worse.item) for better, worse in pairwise(slate))


kinds = st.sampled_from(
    [EventKind.ItemViewed] * 4 + [EventKind.ItemLiked, EventKind.ItemDisliked, EventKind.ItemSkipped]
)
done = st.dictionaries(st.sampled_from(["ann", "bob"]), st.lists(st.tuples(items, kinds), min_size=1, max_size=90))


@given(done)
def test_the_trainer_counts_what_the_live_path_sees(done: dict[str, list[tuple[str, EventKind]]]) -> None:
    """Its transitions are those from the tail of the stored state to the next event, for any history.

    Of those of a user between two items, the heaviest counts.
    """
    log = [
        record(number, user, (viewed(user, at, *what) for at, what in enumerate(events)))
        for number, (user, events) in enumerate(done.items(), start=1)
    ]
    expected: dict[tuple[ItemKey, ItemKey], float] = {}
    for entry in log:
        state = UserState()
        heaviest: dict[tuple[ItemKey, ItemKey], float] = {}
        for sequence, core in enumerate(decode_cores(entry.data).cores, start=1):
            before = tail(state)
            state.fold(0, sequence, [core])
            for source, target, weight in transitions(before, core[0], core[4]):
                heaviest[source, target] = max(weight, heaviest.get((source, target), 0.0))
        for pair, weight in heaviest.items():
            expected[pair] = expected.get(pair, 0.0) + weight
    data = read_history(log).interactions
    keys = [item_key(item) for item in data.items]
    counted: dict[tuple[ItemKey, ItemKey], float] = {}
    for some in all_transitions(data, Counting(TAIL_ITEMS, TAIL_DECAY)):
        for source, target, weight in zip(*(part.tolist() for part in some), strict=True):
            pair = keys[source], keys[target]
            counted[pair] = counted.get(pair, 0.0) + weight
    assert counted.keys() == expected.keys()
    assert all(abs(counted[pair] - weight) < 1e-9 for pair, weight in expected.items())


@given(histories, st.data())
def test_only_each_users_own_order_matters(histories: dict[str, list[str]], data: st.DataObject) -> None:
    """However users interleave, records are cut and deliveries repeat: the same bytes, so the same version."""
    one_each = [user for user, history in histories.items() for _ in history]
    interleaved = data.draw(st.permutations(one_each))
    places = dict.fromkeys(histories, 0)
    log: list[LogRecord] = []
    for sequence, user in enumerate(interleaved, start=1):
        at = places[user]
        log.append(record(sequence, user, [viewed(user, at, histories[user][at])]))
        if data.draw(st.booleans()):
            log.append(data.draw(st.sampled_from(log)))
        places[user] += 1
    with tempfile.TemporaryDirectory() as folder:
        whole = exported(log_of(histories), Path(folder) / "whole")
        scattered = exported(log, Path(folder) / "scattered")
        assert scattered.version == whole.version
