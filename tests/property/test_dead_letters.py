"""Whatever is done to dead letters, the live view is what the log says: a fold that leaves out what is void."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from millstream.adapters.memory import FixedClock, MemoryArchive, MemoryDeadLetters, MemoryFeatureStore, MemoryViews
from millstream.adapters.memory.log import MemoryEventLog
from millstream.application.ports import DeadLetter, LogRecord
from millstream.application.project.discard_letter import DiscardLetter
from millstream.application.project.letters import FiledLetter, filed_letters
from millstream.application.project.project_events import ProjectEvents, fold_batch
from millstream.application.project.redrive_letter import RedriveLetter
from millstream.domain.errors import InvalidRecordError
from millstream.domain.keys import Pseudonym
from millstream.domain.log.amendments import Amendments
from millstream.domain.log.kinds import FROM_CLIENTS
from millstream.domain.log.positions import Position, shard_name, shard_number
from millstream.domain.log.records import FoldableRecord, decode, decode_cores
from millstream.domain.views import trend_row, user_row
from millstream.domain.views.trend import Trend
from millstream.domain.views.user_state import UserState
from tests.builders import NOW_MS
from tests.strategies import poison, readable

SHARD = shard_name(0)


class CrashError(Exception):
    """The command is gone."""


@dataclass(frozen=True)
class Put:
    """A record enters the log. One that is `early` cannot be read by the code that is deployed then, but later."""

    data: bytes
    early: bool = False


@dataclass(frozen=True)
class Deliver:
    """The projector gets what is new, and the last few records before it once more."""

    back: int = 0


@dataclass(frozen=True)
class Answer:
    """Somebody redrives or discards one of the letters; the command dies after some calls, if `calls` says so."""

    which: int
    repaired: bytes | None
    discard: bool = False
    calls: int | None = None


Step = Put | Deliver | Answer


class Dying:
    """What a command calls; it is gone when the calls that it has left are used up."""

    def __init__(self, inner: Any, left: list[int]) -> None:
        self._inner = inner
        self._left = left

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            if not self._left[0]:
                raise CrashError
            self._left[0] -= 1
            return getattr(self._inner, name)(*arguments)

        return call


@dataclass
class Shop:
    """A log, the live view of it, its dead letters, and whoever looks after them."""

    log: MemoryEventLog = field(default_factory=MemoryEventLog)
    store: MemoryFeatureStore = field(default_factory=MemoryFeatureStore)
    letters: MemoryDeadLetters = field(default_factory=MemoryDeadLetters)
    early: set[Position] = field(default_factory=set)
    done: int = 0

    def play(self, step: Step) -> None:
        """Let one step happen."""
        if isinstance(step, Put):
            position = self.log.append("any key", step.data)
            if step.early:
                self.early.add(position)
        elif isinstance(step, Deliver):
            self.deliver(step.back)
        elif filed := filed_letters(self.letters):
            self.answer(filed[step.which % len(filed)], step)

    def deliver(self, back: int = 0) -> None:
        """The projector of that time: what it could not read is dead to it."""
        batch = self.log.records[max(0, self.done - back) :]
        for record in batch:
            if record.position in self.early:
                self.letters.send(
                    DeadLetter(record.position, "of a version to come", record.data, record.partition_key)
                )
        readable_then = [record for record in batch if record.position not in self.early]
        if readable_then:
            ProjectEvents(MemoryViews(self.store), self.letters)(SHARD, readable_then)
        self.done += len(self.log.records[self.done :])

    def answer(self, filed: FiledLetter, answer: Answer) -> None:
        """A command of today, which may die on its way or be refused."""
        left = [10**9 if answer.calls is None else answer.calls]
        letters, log = Dying(self.letters, left), Dying(self.log, left)
        clock = FixedClock(NOW_MS)
        try:
            if answer.discard:
                DiscardLetter(letters, log, clock)(filed)
            else:
                RedriveLetter(letters, log, MemoryArchive(), self.log, clock, "the archivist")(filed, answer.repaired)
        except (CrashError, InvalidRecordError):
            pass

    def settle(self) -> None:
        """Nobody dies any more: what can be read by now is redriven, and all of it is projected."""
        for filed in filed_letters(self.letters):
            self.answer(filed, Answer(0, None))
        self.deliver()

    def rows(self) -> tuple[dict[Pseudonym, bytes], bytes]:
        """The live view's bytes."""
        trends = [row.data for row in self.store.trends.values()]
        return {user: row.data for user, row in self.store.users.items()}, b"".join(trends)


steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(Put, readable),
    st.builds(Put, readable, early=st.booleans()),
    st.builds(Put, poison),
    st.builds(Deliver, st.integers(0, 3)),
    st.builds(
        Answer,
        which=st.integers(0, 9),
        repaired=st.none() | readable | poison,
        discard=st.booleans(),
        calls=st.none() | st.integers(0, 3),
    ),
)


@given(st.lists(steps, min_size=1, max_size=30) | st.lists(steps, min_size=15, max_size=30))
def test_the_live_view_is_the_fold_of_a_log_that_leaves_out_what_is_void(history: list[Step]) -> None:
    """Also folded by code that could read from the first what was dead to the code of that time."""
    shop = Shop()
    for step in history:
        shop.play(step)
    shop.deliver()
    shop.settle()
    log = shop.log.records
    amendments = said_later(log)
    assert shop.rows() == folded(log, amendments)
    check_counts(shop, log, amendments)


@given(st.lists(readable, max_size=6), readable, st.booleans(), st.integers(0, 2), st.integers(0, 2))
def test_a_redrive_that_died_and_is_done_again_leaves_the_state_of_one(
    before: list[bytes], data: bytes, early: bool, calls: int, again: int
) -> None:
    """After each of its steps, and once more after each: void, append, remove."""
    once, twice = Shop(), Shop()
    for shop, deaths in ((once, []), (twice, [calls, again])):
        for step in [*map(Put, before), Put(data if early else b"broken", early=early), Deliver()]:
            shop.play(step)
        for left in [*deaths, None]:
            shop.play(Answer(0, None if early else data, calls=left))
            shop.deliver()
        assert filed_letters(shop.letters) == []
    assert known(twice) == known(once)


def known(shop: Shop) -> tuple[object, object]:
    """What the views know; not where in the log they know it from, nor how often they were told."""
    users = {user: user_row.unpack(row) for user, row in shop.rows()[0].items()}
    trends = [trend_row.unpack(row.data) for row in shop.store.trends.values()]
    states = {
        user: (one.applied, list(one.recent()), one.tags, one.last_ms, one.session_ms) for user, one in users.items()
    }
    return states, [trend.weights for trend in trends]


def said_later(log: Sequence[LogRecord]) -> Amendments:
    """What the log says about itself."""
    amendments = Amendments()
    for position, record, data in decodable(log):
        amendments.read((shard_number(position.shard), position.sequence_number), record, data)
    return amendments


def folded(log: Sequence[LogRecord], amendments: Amendments) -> tuple[dict[Pseudonym, bytes], bytes]:
    """The rows of a rebuild by the code of today."""
    hidden = amendments.known_at({SHARD: log[-1].position.sequence_number} if log else {})
    users: dict[Pseudonym, UserState] = {}
    trend = Trend()
    counted = [
        (position, record)
        for position, record, _ in decodable(log)
        if not hidden.hides(record.subject, (shard_number(position.shard), position.sequence_number))
    ]
    fold_batch(counted, users, trend)
    rows = {user: user_row.pack(state) for user, state in users.items() if state.sequence}
    return rows, trend_row.pack(trend) if trend.sequence else b""


def check_counts(shop: Shop, log: Sequence[LogRecord], amendments: Amendments) -> None:
    """Every record was folded, or is void or dead; every event was applied, or known, or is of another kind.

    A record can be void and have a letter: the projector sent it once more when its batch was delivered once more.
    """
    dead = {letter.position.sequence_number for letter in shop.letters.by_position.values()}
    void = {sequence for _, sequence in amendments.voided}
    live = [record for record in log if record.position.sequence_number not in dead | void]
    events = [event for record in live for event in decode(record.data).events]
    states = [user_row.unpack(row.data) for row in shop.store.users.values()]
    accepted = sum(state.applied + state.duplicates for state in states)
    assert accepted + sum(event.kind not in FROM_CLIENTS for event in events) == len(events)


def decodable(log: Sequence[LogRecord]) -> list[tuple[Position, FoldableRecord, bytes]]:
    """What the code of today can read."""
    found = []
    for position, _, data in log:
        try:
            found.append((position, decode_cores(data), data))
        except InvalidRecordError:
            continue
    return found
