"""Successive halving over candidates, then single steps from the best.

K. Jamieson, A. Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016: many
candidates on few questions, the best third of them on four times as many, and so on; knobs such as epochs grow too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from millstream.learning.choosing.judge import Judge
from millstream.learning.choosing.repeats import Repeats
from millstream.learning.choosing.spaces import Knobs, Point
from millstream.learning.choosing.trials import Tried

RUNGS: tuple[int | None, ...] = (400, 1_600, None)
"""Validation questions on each rung; None: all."""

SHARES = (0.5, 0.6, 1.0)
"""How much of what is left each rung may spend."""

KEPT = 3
"""One of so many candidates reaches the next rung, and the best of each family."""

MOST_CANDIDATES = 120
PASSED_OVER = 40
"""Candidates in a row that are too expensive before the search for cheaper ones ends."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """A candidate with its outcome on the last rung that it reached."""

    candidate: Point
    tried: Tried

    @property
    def mean(self) -> float:
        """The metric's mean."""
        return self.tried.outcome.mean


def halve(candidates: Iterator[Point], judge: Judge, repeats: Repeats, share: float) -> list[Ranked]:
    """The candidates that reached the last rung, best first. Spends at most `share` of the units that are left."""
    end = judge.ledger.part(share)
    running = _first_rung(candidates, judge, repeats, end)
    for rung in range(1, len(RUNGS)):
        level = judge.ledger.spent + (end - judge.ledger.spent) * SHARES[rung]
        running = _next_rung(running, rung, judge, repeats, level)
    return running


def _first_rung(candidates: Iterator[Point], judge: Judge, repeats: Repeats, end: float) -> list[Ranked]:
    level = judge.ledger.spent + (end - judge.ledger.spent) * SHARES[0]
    found: list[Ranked] = []
    passed_over = 0
    for candidate in candidates:
        last, first = repeats.applied(candidate.at(len(RUNGS) - 1)), repeats.applied(candidate.at(0))
        if judge.why_not(last):
            judge(last, "search", repeats.exclude)  # says why it cannot take part
            continue
        if not judge.is_affordable(last) or judge.ledger.spent + judge.units_of(first, RUNGS[0]) > level:
            if not judge.is_affordable(last):
                judge.refused.setdefault(last.key, f"one fit costs {judge.units_of(last):,.0f} units: over the budget")
            passed_over += 1
            if passed_over >= PASSED_OVER:
                break
            continue
        passed_over = 0
        tried = judge(first, "search 1", repeats.exclude, RUNGS[0])
        if tried is not None:
            found.append(Ranked(candidate, tried))
        if len(found) >= MOST_CANDIDATES:
            break
    return _sorted(found)


def _next_rung(running: list[Ranked], rung: int, judge: Judge, repeats: Repeats, level: float) -> list[Ranked]:
    found = []
    for ranked in _promoted(running):
        trial = repeats.applied(ranked.candidate.at(rung))
        if judge.ledger.spent + judge.units_of(trial, RUNGS[rung]) > level:
            continue
        tried = judge(trial, f"search {rung + 1}", repeats.exclude, RUNGS[rung])
        if tried is not None:
            found.append(Ranked(ranked.candidate, tried))
    return _sorted(found)


def _promoted(running: list[Ranked]) -> list[Ranked]:
    best = running[: -(-len(running) // KEPT)]
    of_families = best_of_families(running).values()
    return _sorted({id(ranked): ranked for ranked in (*best, *of_families)}.values())


def best_of_families(running: list[Ranked]) -> Mapping[str, Ranked]:
    """The best of each family, best family first; `running` is sorted."""
    found: dict[str, Ranked] = {}
    for ranked in running:
        found.setdefault(ranked.candidate.space.family, ranked)
    return found


def refine(start: Ranked, judge: Judge, repeats: Repeats, end: float) -> Ranked:
    """Move one knob at a time to a neighbouring value while that is better on all validation questions.

    Stops when `end` units are spent.
    """
    draw = np.random.default_rng([judge.seed, len(start.tried.trial.key)])
    best, seen = start, {start.tried.trial.key}
    moves: list[Knobs] = _moves(best, draw)
    while moves:
        candidate = Point(best.candidate.space, moves.pop())
        trial = repeats.applied(candidate.at(len(RUNGS) - 1))
        if trial.key in seen:
            continue
        seen.add(trial.key)
        if judge.why_not(trial) is None and judge.ledger.spent + judge.units_of(trial) > end:
            break
        tried = judge(trial, "refine", repeats.exclude)
        if tried is not None and tried.outcome.mean > best.mean:
            best = Ranked(candidate, tried)
            moves = _moves(best, draw)
    return best


def _moves(best: Ranked, draw: np.random.Generator) -> list[Knobs]:
    moves = best.candidate.space.neighbours(best.candidate.knobs)
    return [moves[place] for place in draw.permutation(len(moves))]


def _sorted(found: Iterable[Ranked]) -> list[Ranked]:
    """Best first; ties by key, so that the order does not depend on how they were found."""
    return sorted(found, key=lambda one: (-one.mean, one.tried.trial.key))
