"""What may befall a program between any two calls to what it stands on: others go on, rows are refused, it is gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from millstream.application.ports import UserWrite, UserWriteReport
from millstream.domain.keys import Pseudonym
from tests.property.law import CrashError


@dataclass(frozen=True)
class Fate:
    """What is in store for one run of a program.

    `calls` are left until it is gone, and `torn` rows of the call that it dies in still land. Answers to
    calls of the name `unheard` are lost, and the adapter makes each of these calls again. `before` the n-th call of
    a name (from 0) others do something. Users in `refused` are reported as unavailable.
    """

    calls: int | None = None
    torn: int = 0
    unheard: str | None = None
    before: Mapping[tuple[str, int], Callable[[], None]] = field(default_factory=dict)
    refused: frozenset[Pseudonym] = frozenset()


class Trouble:
    """Asked before each call of one program, one run at a time."""

    def __init__(self) -> None:
        self.is_busy = False
        self._fate = Fate()
        self._calls = 0
        self._named: Counter[str] = Counter()

    def begin(self, fate: Fate) -> None:
        """A run begins."""
        self.is_busy, self._fate, self._calls = True, fate, 0
        self._named.clear()

    def end(self) -> None:
        """The run has ended: nothing befalls any more."""
        self.is_busy, self._fate = False, Fate()

    def may_go_on(self, name: str) -> bool:
        """Whether the program lives to make this call. Others do before it what they are to do."""
        happens = self._fate.before.get((name, self._named[name]))
        self._named[name] += 1
        if happens is not None:
            happens()
        self._calls += 1
        return self._fate.calls is None or self._calls <= self._fate.calls

    def call(self, name: str, made: Callable[[], Any]) -> Any:
        """The program makes a call. Raises CrashError if it does not live to make it."""
        if not self.may_go_on(name):
            raise CrashError
        if name == self._fate.unheard:
            made()
        return made()

    def write_users(self, store: Any, writes: Sequence[UserWrite]) -> UserWriteReport:
        """A write of many rows is refused in part, and may be torn."""
        if not self.may_go_on("write_users"):
            store.write_users(writes[: self._fate.torn])
            raise CrashError
        refused = frozenset(write.user for write in writes) & self._fate.refused
        taken = [write for write in writes if write.user not in refused]
        if self._fate.unheard == "write_users":
            store.write_users(taken)
        report: UserWriteReport = store.write_users(taken)
        return UserWriteReport(report.stale, report.unavailable | refused)


class Troubled:
    """A port as a program sees it that is in trouble; so are the stores that it hands out."""

    def __init__(self, port: Any, trouble: Trouble) -> None:
        self._port = port
        self._trouble = trouble

    def store(self, view: int) -> Any:
        """See Views."""
        return TroubledStore(self._port.store(view), self._trouble)

    def serving_store(self, view: int, *budget: Any) -> Any:
        """See Views."""
        return TroubledStore(self._port.serving_store(view, *budget), self._trouble)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **named: Any) -> Any:
            return self._trouble.call(name, lambda: found(*arguments, **named))

        return call


class TroubledStore(Troubled):
    """A FeatureStore."""

    def write_users(self, writes: Sequence[UserWrite]) -> UserWriteReport:
        """See FeatureStore."""
        return self._trouble.write_users(self._port, writes)


class TroubledArchive(Troubled):
    """An Archive: its `store` and `advance` are calls like others."""

    def store(self, *arguments: Any, **named: Any) -> Any:
        """See Archive."""
        return self._trouble.call("store", lambda: self._port.store(*arguments, **named))

    def advance(self, *arguments: Any) -> Any:
        """See Archive."""
        return self._trouble.call("advance", lambda: self._port.advance(*arguments))
