"""Anything happens to a whole stack, in any order; afterwards `millstream verify` is equal and the counts add up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from millstream.domain.attributes import FORGOTTEN, MOST_ATTRIBUTES, joined
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import FROM_CLIENTS, EventKind
from millstream.domain.log.records import encode
from tests.builders import NOW_MS, event, subject
from tests.property.sweep import (
    Answer,
    Deliver,
    Drop,
    Erase,
    File,
    Formerly,
    Meanwhile,
    Merge,
    Newer,
    Put,
    PutAgain,
    Race,
    Replay,
    Retain,
    Split,
    StackInMemory,
    Step,
    World,
)
from tests.strategies import DAY_MS, ITEMS, poison

USERS = ("ann", "bob", "cem", "eve", "kim")
THOUSANDS = 3
"""Examples for each one of other properties: 300 in everyday runs, 6,000 in thorough ones."""


KINDS = sorted(FROM_CLIENTS)
OLD_KINDS = [kind for kind in KINDS if kind <= EventKind.SatisfactionReported]
"""Those that the code knew which wrote user rows of format 1."""

CLOCKS_MS = [0, 1_000, 3_000, 40 * 60_000, -DAY_MS, -3 * DAY_MS, -40 * DAY_MS, -400 * DAY_MS]
"""Clients' clocks and ours: they stand still, run, are ahead, go back, and skip more than an era of the trend."""


def _record(user: str, clock_ms: int, numbers: list[int], kinds: Sequence[EventKind] = KINDS) -> Put:
    """Some have attributes, which version 1 has not."""
    happened = tuple(_event(number, kinds) for number in numbers)
    codes = [(0, 0, 1, FORGOTTEN)[number % 4] if kinds is KINDS else 0 for number in numbers]
    attributes = joined([*codes, *[0] * (MOST_ATTRIBUTES - len(codes))])
    return Put(encode(EventRecord(subject(user), NOW_MS + clock_ms, happened, attributes)))


def _event(number: int, kinds: Sequence[EventKind]) -> Event:
    """Each number below EVENTS is another event; an id often comes back, and then with another content."""
    number, event_id = divmod(number, IDS)
    number, kind = divmod(number, len(KINDS))
    number, item = divmod(number, len(ITEMS))
    at_ms = NOW_MS + CLOCKS_MS[number % len(CLOCKS_MS)]
    return event(ITEMS[item], kinds[kind % len(kinds)], event_id=f"e{event_id}", at_ms=at_ms)


IDS = 31
EVENTS = IDS * len(KINDS) * len(ITEMS) * len(CLOCKS_MS)


def _spree(user: str, first: int, length: int, clock_ms: int) -> Put:
    at_ms = NOW_MS + clock_ms
    bought = [event("lamp", at_ms=at_ms + number, event_id=f"spree-{first + number}") for number in range(length)]
    return Put(encode(EventRecord(subject(user), NOW_MS, tuple(bought))))


def _slate(user: str, number: int) -> Put:
    slate = Event(EventKind.SlateServed, f"slate-{number}", None, NOW_MS, None, {"items": []})
    return Put(encode(EventRecord(subject(user), NOW_MS, (slate,))))


users = st.sampled_from(["ann", "ann", *USERS])
clocks = st.sampled_from([40 * 60_000, *CLOCKS_MS])
# Few draws a record: what Hypothesis chooses is most of what a schedule costs.
events = st.builds(_record, users, clocks, st.lists(st.integers(0, EVENTS - 1), min_size=1, max_size=4))
sprees = st.builds(_spree, users, st.integers(0, 500), st.integers(20, 130), clocks)
slates = st.builds(_slate, users, st.integers(0, 9))
unreadable = st.builds(Put, poison, st.sampled_from(["a", "b", "c", "abc"]))
again = st.builds(PutAgain, st.integers(0, 99))
erasures = st.builds(Erase, users)
arrivals = st.one_of(events, events, events, again, unreadable, slates)

shards = st.integers(0, 3)
backs = st.sampled_from([0, 0, 0, 1, 2, 9])
sizes = st.integers(1, 9) | st.just(40)
refusals = st.sets(st.sampled_from(USERS), max_size=3).map(lambda some: frozenset(map(subject, some)))
warm = st.integers(0, 2)
clean = st.builds(Deliver, shard=shards, back=backs, size=sizes, warm=warm)
old_events = st.builds(
    lambda user, clock, numbers: _record(user, clock, numbers, OLD_KINDS),
    users,
    clocks,
    st.lists(st.integers(0, EVENTS - 1), min_size=1, max_size=4),
)
old_rows = st.lists(old_events | old_events | clean, max_size=8).map(lambda steps: Formerly((*steps, Deliver(size=40))))
"""Rows of format 1 lie in the tables when today's code is deployed."""
dying = st.builds(
    Deliver, shard=shards, back=backs, size=sizes, calls=st.integers(0, 5), torn=st.integers(0, 3), warm=warm
)
refused = st.builds(Deliver, shard=shards, back=backs, size=sizes, refused=refusals, warm=warm)
unheard = st.builds(
    Deliver,
    shard=shards,
    back=backs,
    size=sizes,
    unheard=st.sampled_from(["write_trend", "write_users", "send"]),
    warm=warm,
)
deliveries = clean | dying | refused | unheard
zombies = st.builds(
    Race,
    first=st.builds(Deliver, shard=shards, size=st.integers(4, 9)),
    second=st.builds(Deliver, size=st.integers(1, 3), warm=warm),
    turns=st.sampled_from([1, 2, 3, 3, 4, 4, 5]).map(lambda turns: (False,) * turns),
)
"""The second takes some steps of a smaller batch, then the first runs to its end, then the second goes on."""
races = st.builds(Race, first=deliveries, second=deliveries, turns=st.lists(st.booleans(), max_size=20).map(tuple))
filings = st.builds(
    File,
    shard=shards,
    back=backs,
    size=sizes,
    first_day=st.sampled_from([99, 99, 1, 2]),
    calls=st.none() | st.integers(0, 2),
    heard=st.booleans(),
)
reshards = st.builds(Split, shards) | st.builds(Merge, shards)
answers = st.builds(
    Answer,
    which=st.integers(0, 9),
    repaired=st.none() | events.map(lambda put: put.data),
    discard=st.booleans(),
    calls=st.none() | st.integers(0, 3),
)
drops = st.builds(Drop, st.integers(0, 3))


others = st.one_of(events, again, unreadable, clean, clean, deliveries, reshards, filings, erasures)
flow = st.tuples(events, st.one_of(events, reshards), st.builds(Deliver, shard=shards, size=st.just(40), warm=warm))
"""Something new, and a projector is quick to project it."""
ends = st.tuples(events, events, st.builds(Split, shards))
"""Something new, and a shard ends with it."""


def meanwhile(
    calls: list[tuple[str, int]], others: st.SearchStrategy[Step]
) -> st.SearchStrategy[tuple[Meanwhile, ...]]:
    """One or two times that others act."""
    some = flow | ends | st.lists(others, min_size=1, max_size=3).map(tuple)
    one = st.builds(lambda call, steps: Meanwhile(*call, steps=steps), st.sampled_from(calls), some)
    return st.lists(one, min_size=1, max_size=2).map(tuple)


BETWEEN_STEPS = [("versions", 0), ("all_users", 0), ("shards", 0), ("read_after", 0), ("begin", 0), ("put", 9)]
AT_THE_SWITCH = [("shards", 2), ("shards", 3), ("read_trends", 1), ("switch", 0), ("switch", 1), ("clear", 0)]
quiet_replays = st.builds(Replay, partitions=st.integers(1, 3), afresh=st.booleans())
lost = st.sampled_from([None, "write_trend", "write_users", "begin", "switch"])
killed_replays = st.builds(Replay, partitions=st.integers(1, 3), calls=st.integers(0, 80), torn=st.integers(0, 2))
newer = st.builds(
    lambda steps, busy: Newer((*steps, *busy)),
    st.lists(st.one_of(events, events, again, clean, deliveries, filings, erasures), max_size=6).map(tuple),
    st.sampled_from([(), (Deliver(size=40),), (Deliver(size=40), Deliver(1, size=40))])
    | st.tuples(quiet_replays | killed_replays),
)
"""Code that writes another format serves for a while, or rebuilds the views, and is taken back."""
busy_replays = st.builds(
    Replay,
    partitions=st.integers(1, 3),
    calls=st.none() | st.integers(0, 80),
    unheard=lost,
    meanwhile=meanwhile(
        BETWEEN_STEPS + 2 * AT_THE_SWITCH,
        st.one_of(others, others, others, drops, quiet_replays | killed_replays, newer),
    ),
)
takeovers = st.builds(
    lambda partitions, call, steps, lost: Replay(partitions, unheard=lost, meanwhile=(Meanwhile(*call, steps=steps),)),
    st.integers(1, 2),
    st.sampled_from([("begin", 0), ("read_trends", 0), *AT_THE_SWITCH]),
    flow | flow | ends | st.tuples(drops),
    lost,
)
"""The last moments of a rebuild: everything is projected, and something comes that the switch must not lose."""
overtaken = st.builds(
    Deliver,
    shard=shards,
    back=backs,
    size=sizes,
    warm=warm,
    calls=st.none() | st.integers(3, 6),
    meanwhile=meanwhile(
        [("serving_store", 0), ("read_users", 0), ("read_trend", 0), ("write_trend", 0), ("write_users", 0)],
        st.one_of(quiet_replays, quiet_replays, clean, events, drops, newer),
    ),
)
"""A projector that stands still while others work, and the views are rebuilt."""


class FaultSweep(RuleBasedStateMachine):
    """The rules are the steps of a world; what they leave behind is checked at the end."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.is_broken = False

    @initialize(shards=st.sampled_from([1, 1, 2, 3]), formerly=st.none() | st.none() | st.none() | old_rows)
    def begin(self, shards: int, formerly: Formerly | None) -> None:
        self.world = World(StackInMemory(shards))
        if formerly is not None:
            self.play(formerly)

    @rule(steps=st.lists(arrivals, min_size=1, max_size=6))
    def arrive(self, steps: list[Step]) -> None:
        for step in steps:
            self.play(step)

    @rule(steps=st.lists(events, min_size=3, max_size=8))
    def be_busy(self, steps: list[Step]) -> None:
        for step in steps:
            self.play(step)

    @rule(step=sprees | erasures)
    def be_seldom(self, step: Step) -> None:
        self.play(step)

    @rule(step=deliveries)
    def deliver(self, step: Step) -> None:
        self.play(step)

    @rule(step=races)
    def race(self, step: Step) -> None:
        self.play(step)

    @rule(steps=st.lists(events, min_size=3, max_size=8), step=zombies)
    def be_overtaken(self, steps: list[Step], step: Step) -> None:
        for one in (*steps, step):
            self.play(one)

    @rule(step=overtaken)
    def stand_still(self, step: Step) -> None:
        self.play(step)

    @rule(steps=st.lists(filings, min_size=1, max_size=3))
    def file(self, steps: list[Step]) -> None:
        for step in steps:
            self.play(step)

    @rule(step=reshards | reshards | st.just(Retain()))
    def reshard(self, step: Step) -> None:
        self.play(step)

    @rule(step=quiet_replays | killed_replays | killed_replays)
    def replay(self, step: Step) -> None:
        self.play(step)

    @rule(step=busy_replays)
    def replay_amid(self, step: Step) -> None:
        self.play(step)

    @rule(steps=st.lists(events, min_size=1, max_size=5), warm=warm, step=takeovers)
    def take_over(self, steps: list[Step], warm: int, step: Step) -> None:
        for one in (*steps, *(Deliver(shard, size=40, warm=warm) for shard in range(3)), step):
            self.play(one)

    @rule(steps=st.lists(events, max_size=3), step=newer)
    def deploy_and_take_back(self, steps: list[Step], step: Step) -> None:
        for one in (*steps, step):
            self.play(one)

    @rule(step=answers | answers | drops)
    def tend(self, step: Step) -> None:
        self.play(step)

    def play(self, step: Step) -> None:
        self.is_broken = True
        self.world.play(step)
        self.is_broken = False

    def teardown(self) -> None:
        if not self.is_broken:
            self.world.check()


def of_budget(**changed: Any) -> settings:
    """How much of it everyday runs and thorough ones try."""
    return settings(
        max_examples=THOUSANDS * settings.default.max_examples,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **changed,
    )


TestFaultSweep = FaultSweep.TestCase
TestFaultSweep.settings = of_budget()
