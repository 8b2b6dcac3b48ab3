"""The client's own fold: each user's state, computed from the accepted events and their positions.

It feeds the baselines, and at the end the cloud's rows are compared with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from millstream.application.ports import LogRecord
from millstream.domain.keys import ItemKey, Pseudonym, pseudonym
from millstream.domain.log.positions import Position, shard_number
from millstream.domain.log.records import decode_cores, encode
from millstream.domain.views import user_row
from millstream.domain.views.tastes import tail
from millstream.domain.views.user_state import UserState
from millstream_tools.demo.translation import as_record


class Mirror:
    """The users' states by a single-threaded fold of the same log."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self.states: dict[Pseudonym, UserState] = {}
        self.frozen: dict[Pseudonym, list[ItemKey]] = {}
        self.applied_before = 0
        self.known_before = 0

    def read_history(self, records: Iterable[LogRecord]) -> None:
        """Fold the imported history."""
        for record in records:
            self._fold(record.position, record.data)

    def freeze(self) -> None:
        """Mark the start of the stream: keep every user's latest items, for the frozen baseline, and the counts."""
        self.frozen = {user: tail(state) for user, state in self.states.items()}
        self.applied_before = sum(state.applied for state in self.states.values())
        self.known_before = sum(state.duplicates for state in self.states.values())

    def accepted(self, call: dict[str, Any], position: Position) -> None:
        """Fold the events of one call at a position."""
        self._fold(position, encode(as_record(call, self.secret)))

    def state(self, user_id: str) -> UserState:
        """A user's state."""
        return self.states.get(pseudonym(user_id, self.secret)) or UserState()

    def frozen_tail(self, user_id: str) -> list[ItemKey]:
        """A user's latest items at the start of the stream; empty for unknown users."""
        return self.frozen.get(pseudonym(user_id, self.secret), [])

    def rows(self) -> dict[Pseudonym, bytes]:
        """The rows that the cloud should have."""
        return {user: user_row.pack(state) for user, state in self.states.items()}

    def _fold(self, position: Position, data: bytes) -> None:
        record = decode_cores(data)
        state = self.states.get(record.subject)
        if state is None:
            state = self.states[record.subject] = UserState()
        state.fold(shard_number(position.shard), position.sequence_number, record.cores, attributes=record.attributes)
