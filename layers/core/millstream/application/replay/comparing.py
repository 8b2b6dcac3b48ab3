"""Compare live rows with the fold of the log, each at the position of the live row."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from millstream.domain.errors import InvalidRecordError
from millstream.domain.keys import Pseudonym
from millstream.domain.log.amendments import Place
from millstream.domain.views import user_row
from millstream.domain.views.digest import Digest
from millstream.domain.views.user_state import UserState

_AT_THE_END: Place = (sys.maxsize, 0)
"""After every record."""


@dataclass(frozen=True)
class Difference:
    """A row that differs from the log. `live` or `log` is None if there is no such row."""

    row: str
    live: bytes | None
    log: bytes | None


@dataclass
class RowComparison:
    """Compares the users of one partition while they are folded.

    A live row contains everything up to its own position; it is compared when the fold is about to pass that position.
    The frontier is, by shard number, the position up to which everything should be projected. A user with later records
    before the frontier, or without a row, is `behind`: the events may still be on their way. An unreadable row counts
    as different. With `only`, just these users are compared.
    """

    rows: Mapping[Pseudonym, bytes]
    frontier: Mapping[int, int]
    only: Collection[Pseudonym] | None = None
    log: Digest = field(default_factory=Digest)
    different: dict[Pseudonym, tuple[bytes | None, bytes | None]] = field(default_factory=dict)
    behind: set[Pseudonym] = field(default_factory=set)
    _places: dict[Pseudonym, Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for user, row in self.rows.items():
            try:
                state = user_row.unpack(row)
                self._places[user] = (state.shard, state.sequence)
            except InvalidRecordError:
                self._places[user] = _AT_THE_END

    def before(self, user: Pseudonym, state: UserState, place: Place) -> None:
        """Called before the fold applies a record."""
        reached = self._places.get(user)
        if reached is not None and place > reached:
            self._compare(user, state)

    def after(self, user: Pseudonym, place: Place) -> None:
        """Called after a record changed the state."""
        if user in self._places or (self.only is not None and user not in self.only):
            return
        if place[1] <= self.frontier.get(place[0], -1):
            self.behind.add(user)

    def finish(self, states: Mapping[Pseudonym, UserState]) -> None:
        """Compare the rows at the end of their users' log, and find missing rows."""
        for user in list(self._places):
            self._compare(user, states.get(user))
        for user in self.behind:
            expected = user_row.pack(states[user])
            if user not in self.rows:
                self.log.add_user(user, expected)
            self.different.setdefault(user, (self.rows.get(user), expected))

    def _compare(self, user: Pseudonym, state: UserState | None) -> None:
        del self._places[user]
        live = self.rows[user]
        expected = None if state is None else user_row.pack(state)
        if expected is not None:
            self.log.add_user(user, expected)
        if expected != live:
            self.different[user] = (live, expected)
