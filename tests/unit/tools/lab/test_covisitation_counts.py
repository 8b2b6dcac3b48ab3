from __future__ import annotations

import pytest

from millstream_tools.lab.served.covisitation_model import counts
from millstream_tools.lab.served.covisitation_model.counts import TransitionCounts

TRANSITIONS = [(bytes([n % 3]), bytes([n % 5]), 0.7 ** (n % 4)) for n in range(200)]
NUMBERS = {bytes([n]): n for n in range(5)}


def counted(chunk: int) -> list[tuple[int, int, float]]:
    """The sums when `chunk` transitions are given at a time."""
    transitions = TransitionCounts(dict(NUMBERS))
    for start in range(0, len(TRANSITIONS), chunk):
        transitions.add(TRANSITIONS[start : start + chunk])
    return list(zip(*(part.tolist() for part in transitions.pairs()), strict=True))


def test_weights_add_up_by_pair() -> None:
    """Each pair once, in order, with the sum of its weights."""
    expected: dict[tuple[int, int], float] = {}
    for source, target, weight in TRANSITIONS:
        pair = (NUMBERS[source], NUMBERS[target])
        expected[pair] = expected.get(pair, 0.0) + weight
    assert {(source, target): weight for source, target, weight in counted(7)} == pytest.approx(expected)
    assert [pair[:2] for pair in counted(7)] == sorted(expected)


def test_sums_do_not_depend_on_when_they_are_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole numbers add up to the same bits in any order."""
    at_once = counted(200)
    monkeypatch.setattr(counts, "_CHUNK", 3)
    assert counted(1) == at_once


def test_nothing_counted_gives_no_pairs() -> None:
    """An empty log has no transitions."""
    assert [len(part) for part in TransitionCounts({}).pairs()] == [0, 0, 0]
