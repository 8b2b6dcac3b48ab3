from __future__ import annotations

import numpy as np
import pytest

from millstream.learning.families import counts
from millstream.learning.families.counts import UNIT, PairCounts, Pairs, both_ways

TRANSITIONS = [(n % 3, n % 5, 0.7 ** (n % 4)) for n in range(200)]


def counted(chunk: int) -> list[tuple[int, int, float]]:
    """The sums when `chunk` transitions are given at a time."""
    sums = PairCounts()
    for start in range(0, len(TRANSITIONS), chunk):
        sources, targets, weights = zip(*TRANSITIONS[start : start + chunk], strict=True)
        sums.add(np.array(sources), np.array(targets), np.array(weights))
    return plain(sums.pairs())


def plain(pairs: Pairs) -> list[tuple[int, int, float]]:
    return list(zip(pairs.sources.tolist(), pairs.targets.tolist(), (pairs.units / UNIT).tolist(), strict=True))


def test_weights_add_up_by_pair() -> None:
    """Each pair once, in order, with the sum of its weights."""
    expected: dict[tuple[int, int], float] = {}
    for source, target, weight in TRANSITIONS:
        expected[source, target] = expected.get((source, target), 0.0) + weight
    assert {(source, target): weight for source, target, weight in counted(7)} == pytest.approx(expected)
    assert [pair[:2] for pair in counted(7)] == sorted(expected)


def test_sums_do_not_depend_on_when_they_are_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole numbers add up to the same bits in any order."""
    at_once = counted(200)
    monkeypatch.setattr(counts, "_MOST_WAITING", 3)
    assert counted(1) == at_once


def test_parts_that_were_counted_apart_add_up_to_the_whole() -> None:
    """To the bit: users can be counted on many machines."""
    parts = []
    for part in range(3):
        sums = PairCounts()
        for source, target, weight in TRANSITIONS[part::3]:
            sums.add(np.array([source]), np.array([target]), np.array([weight]))
        parts.append(sums.pairs())
    assert plain(parts[2].plus(parts[0]).plus(parts[1])) == counted(200)


def test_both_ways_adds_a_share_of_the_opposite_pair() -> None:
    """Also where there was none."""
    one = Pairs(np.array([0, 1]), np.array([1, 2]), np.array([UNIT, 2 * UNIT]).astype(np.int64))
    assert plain(both_ways(one, 0.5)) == [(0, 1, 1.0), (1, 0, 0.5), (1, 2, 2.0), (2, 1, 1.0)]


def test_nothing_counted_gives_no_pairs() -> None:
    """An empty log has no transitions."""
    assert [len(part) for part in PairCounts().pairs()] == [0, 0, 0]
