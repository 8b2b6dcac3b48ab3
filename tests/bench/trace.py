"""A seeded trace of sessions, as a shop's visitors leave it in one shard.

A number of sessions is going on at any time; each next event belongs to any one of them. Sessions have twelve events on
average and end by chance at each event, so the trace is the same kind of mixture from its first event to its last.
Users and items are drawn with Zipf weights: few are frequent, most are rare. Nobody has two sessions at once.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, count

from millstream.domain.log.kinds import EventKind

START_MS = 1_795_305_600_000
"""2026-11-22 00:00 UTC."""

MEAN_EVENTS = 12
_KINDS = (EventKind.ItemViewed, EventKind.ItemAddedToCart, EventKind.ItemPurchased)
_KIND_WEIGHTS = (0.88, 0.08, 0.04)


@dataclass(frozen=True)
class Visitors:
    """Who comes: `at_once` sessions are going on at any time."""

    at_once: int = 1_000
    users: int = 6_040
    user_skew: float = 0.8
    items: int = 4_000
    item_skew: float = 0.8
    events_a_second: int = 200
    seed: int = 20261122


USUAL_VISITORS = Visitors()


@dataclass(frozen=True, slots=True)
class Step:
    """One event of one session; `last` says that the session ends with it."""

    user: str
    session: str
    event_id: str
    kind: EventKind
    item: str
    at_ms: int
    last: bool


def steps(visitors: Visitors) -> Iterator[Step]:
    """The trace, without end; the same visitors always do the same."""
    chance = random.Random(visitors.seed)
    of_users = _zipf(visitors.users, visitors.user_skew)
    of_items = _zipf(visitors.items, visitors.item_skew)

    present: set[str] = set()

    def begun() -> tuple[str, str]:
        user = _drawn(chance, "user", of_users)
        while user in present:
            user = _drawn(chance, "user", of_users)
        present.add(user)
        return user, f"{chance.getrandbits(64):016x}"

    sessions = [begun() for _ in range(visitors.at_once)]
    for number in count():
        place = chance.randrange(visitors.at_once)
        user, session = sessions[place]
        item = _drawn(chance, "item", of_items)
        (kind,) = chance.choices(_KINDS, _KIND_WEIGHTS)
        last = chance.random() < 1 / MEAN_EVENTS
        at_ms = START_MS + number * 1000 // visitors.events_a_second
        yield Step(user, session, f"{chance.getrandbits(128):032x}", kind, item, at_ms, last)
        if last:
            present.remove(user)
            sessions[place] = begun()


def histories(visitors: Visitors, events: int) -> Iterator[list[Step]]:
    """One call for each user, with so many events on as many items, from before the trace begins."""
    chance = random.Random(visitors.seed + 1)
    for user in range(visitors.users):
        session = f"{chance.getrandbits(64):016x}"
        items = chance.sample(range(visitors.items), events)
        yield [
            Step(
                f"user-{user:06d}",
                session,
                f"{chance.getrandbits(128):032x}",
                EventKind.ItemViewed,
                f"item-{item:06d}",
                START_MS - 60_000 * (events - number),
                number == events - 1,
            )
            for number, item in enumerate(items)
        ]


def calls(trace: Iterable[Step], at_most: int) -> Iterator[list[Step]]:
    """The trace as pages send it: a session's events wait until they are `at_most`, or until the session ends."""
    waiting: dict[str, list[Step]] = {}
    for step in trace:
        call = waiting.setdefault(step.session, [])
        call.append(step)
        if step.last or len(call) == at_most:
            yield waiting.pop(step.session)


def full_calls(trace: Iterable[Step], events: int) -> Iterator[list[Step]]:
    """The trace as a patient app sends it: a user's events wait, over sessions too, until they are `events`."""
    waiting: dict[str, list[Step]] = {}
    for step in trace:
        call = waiting.setdefault(step.user, [])
        call.append(step)
        if len(call) == events:
            yield waiting.pop(step.user)


@dataclass(frozen=True)
class Cut:
    """Calls, cut into those before a batch and the batch."""

    before: list[list[Step]]
    batch: list[list[Step]]

    @property
    def events(self) -> int:
        """Events of the batch."""
        return sum(map(len, self.batch))


def cut(calls: Iterator[list[Step]], before: int, batch: int) -> Cut:
    """So many events before the batch and in it, or a few more: both parts are whole calls."""
    return Cut(list(_taken(calls, before)), list(_taken(calls, batch)))


def _taken(calls: Iterator[list[Step]], events: int) -> Iterator[list[Step]]:
    while events > 0:
        call = next(calls)
        yield call
        events -= len(call)


def _drawn(chance: random.Random, what: str, cumulative: list[float]) -> str:
    (number,) = chance.choices(range(len(cumulative)), cum_weights=cumulative)
    return f"{what}-{number:06d}"


def _zipf(things: int, skew: float) -> list[float]:
    return list(accumulate((rank + 1) ** -skew for rank in range(things)))
