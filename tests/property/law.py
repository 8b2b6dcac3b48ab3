"""The law of the projection, as a function: whatever happens on the way, the rows are as if nothing had.

A history is what Lambda may do to one shard's log: deliver a batch that begins at or before what is done (again, or
cut otherwise), lose the projector between any two calls to the store, refuse single rows, or let two projectors run at
once. `check_law` plays a history, then delivers what is left, and compares: byte by byte with one clean run, and with
an account of the log that is kept here in the simplest words, each event once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from millstream.adapters.memory import MemoryDeadLetters, MemoryFeatureStore
from millstream.application.ports import LogRecord, UserWrite, UserWriteReport
from millstream.application.project.project_events import Projected, ProjectEvents
from millstream.domain.errors import UnavailableError
from millstream.domain.keys import Pseudonym
from millstream.domain.views import trend_row, user_row
from tests.builders import OneView
from tests.property.account import Account
from tests.property.racing import Racer, race


class CrashError(Exception):
    """The projector is gone: no code of its own hears of it."""


@dataclass(frozen=True)
class Delivery:
    """One batch. `back` records before what is done and `size` long; `calls` store calls until the crash, if any.

    `torn` rows of the last write still land before the crash; users in `refused` are reported as unavailable.
    """

    back: int = 0
    size: int = 1
    calls: int | None = None
    torn: int = 0
    refused: frozenset[Pseudonym] = frozenset()


@dataclass(frozen=True)
class Race:
    """Two projectors at once, on batches that each begin at or before what is done; the first one's answer counts."""

    first: Delivery
    second: Delivery
    turns: tuple[bool, ...] = ()


Step = Delivery | Race


class FaultyStore:
    """A store that fails as a delivery says."""

    def __init__(self, store: MemoryFeatureStore, delivery: Delivery) -> None:
        self._store = store
        self._delivery = delivery
        self._calls_left = delivery.calls

    def write_users(self, writes: Sequence[UserWrite]) -> UserWriteReport:
        """See FeatureStore."""
        if self._calls_left == 0:
            self._store.write_users(writes[: self._delivery.torn])
            raise CrashError
        taken = [write for write in writes if write.user not in self._delivery.refused]
        report = self._counted("write_users")(taken)
        refused = frozenset(write.user for write in writes) & self._delivery.refused
        return UserWriteReport(report.stale, report.unavailable | refused)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return self._counted(name)

    def _counted(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            if self._calls_left is not None:
                if self._calls_left == 0:
                    raise CrashError
                self._calls_left -= 1
            return getattr(self._store, name)(*arguments)

        return call


@dataclass
class World:
    """One shard's log, the views, and how far Lambda believes to be."""

    log: Sequence[LogRecord]
    store: MemoryFeatureStore
    letters: MemoryDeadLetters
    done: int = 0

    def play(self, step: Step) -> None:
        """Let one step happen."""
        if isinstance(step, Delivery):
            start, batch = self._batch(step)
            if not batch:
                return
            self._settle(start, batch, _outcome(lambda: self._project(FaultyStore(self.store, step), batch)))
        else:
            self._race(step)

    def finish(self) -> None:
        """Deliver what is left, with nothing in the way."""
        for _ in range(len(self.log) + 1):
            if self.done == len(self.log):
                return
            self.play(Delivery(size=len(self.log)))
        raise AssertionError(f"stuck at record {self.done} of {len(self.log)}")

    def rows(self) -> tuple[dict[Pseudonym, bytes], dict[str, bytes]]:
        """The bytes of every row; versions may differ with the number of writes."""
        users = {user: row.data for user, row in self.store.users.items()}
        return users, {shard: row.data for shard, row in self.store.trends.items()}

    def _batch(self, delivery: Delivery) -> tuple[int, Sequence[LogRecord]]:
        start = max(0, self.done - delivery.back)
        return start, self.log[start : start + delivery.size]

    def _project(self, store: Any, batch: Sequence[LogRecord]) -> Projected:
        return ProjectEvents(OneView(store), self.letters)(batch[0].position.shard, batch)

    def _race(self, step: Race) -> None:
        start, batch = self._batch(step.first)
        _, other = self._batch(step.second)
        if not batch or not other:
            return
        first = Racer(lambda store: self._project(store, batch), FaultyStore(self.store, step.first))
        second = Racer(lambda store: self._project(store, other), FaultyStore(self.store, step.second))
        race(first, second, step.turns)
        for racer in (first, second):
            if not isinstance(racer.error, CrashError | UnavailableError | None):
                raise racer.error
        self._settle(start, batch, first.result)

    def _settle(self, start: int, batch: Sequence[LogRecord], outcome: object) -> None:
        """What Lambda does with an answer: go on behind the batch, or from the record that failed; else try again."""
        if not isinstance(outcome, Projected):
            return
        if outcome.failed_from is None:
            self.done = max(self.done, start + len(batch))
        else:
            failed = next(i for i, one in enumerate(batch, start) if one.position == outcome.failed_from)
            # A batch that was only delivered again cannot take back what is done.
            self.done = max(self.done, failed)


def _outcome(call: Callable[[], Projected]) -> Projected | None:
    try:
        return call()
    except (CrashError, UnavailableError):
        return None


def check_law(
    log: Sequence[LogRecord], history: Sequence[Step], store: Callable[[], MemoryFeatureStore] = MemoryFeatureStore
) -> None:
    """Raises AssertionError unless the history leaves what one clean run leaves, and that is each event once."""
    clean = World(log, MemoryFeatureStore(), MemoryDeadLetters())
    clean.finish()
    troubled = World(log, store(), MemoryDeadLetters())
    for step in history:
        troubled.play(step)
    troubled.finish()
    assert troubled.rows() == clean.rows(), "the history left other rows than one clean run"
    assert troubled.letters.by_position == clean.letters.by_position, "the history left other dead letters"
    check_account(log, troubled)


def check_account(log: Sequence[LogRecord], world: World) -> None:
    """Raises AssertionError unless the rows are each event of the log, once."""
    account = Account(log)
    states = {user: user_row.unpack(row.data) for user, row in world.store.users.items()}
    assert states.keys() == account.users.keys()
    for user, state in states.items():
        known = account.users[user]
        assert state.applied == known.applied, "events were lost or counted twice"
        assert state.duplicates == known.duplicates, "repeated events were miscounted"
        assert [(one.item, one.kind) for one in state.recent()] == list(reversed(known.recent))
        assert [(one.item, one.kind, one.day) for one in state.remembered()] == list(reversed(known.opinions))
    assert set(world.letters.by_position) == account.dead
    accepted = sum(state.applied + state.duplicates for state in states.values())
    assert accepted + account.uncounted == account.events, "accepted = applied + duplicates + dead"
    trends = {shard: trend_row.unpack(row.data).weights for shard, row in world.store.trends.items()}
    assert trends == account.trends


def cuts(log: Sequence[LogRecord], sizes: Iterator[int]) -> list[Delivery]:
    """Deliveries of the whole log in batches of these sizes."""
    history, left = [], len(log)
    while left > 0:
        size = next(sizes)
        history.append(Delivery(size=size))
        left -= size
    return history
