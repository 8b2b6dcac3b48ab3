"""Reconciliation of the events that clients sent with those that the cloud stored."""

from __future__ import annotations

import time
from dataclasses import dataclass

from millstream.application.ports import NO_ROW
from millstream.application.project.letters import filed_letters
from millstream.domain.keys import Pseudonym
from millstream.domain.views import user_row
from millstream_tools.demo.mirror import Mirror
from millstream_tools.ops.stack import Stack

DRAINED_WITHIN_S = 60.0
PAUSE_S = 0.2


@dataclass(frozen=True)
class Reconciliation:
    """The live stream's events, counted on both sides."""

    sent: int
    accepted: int
    rejected: int
    applied: int
    known: int
    dead_lettered: int
    users: int
    users_equal: int
    first_difference: str | None

    @property
    def adds_up(self) -> bool:
        """Whether every sent event is accounted for once, and every user's row equals the client's fold."""
        return (
            self.sent == self.accepted + self.rejected
            and self.accepted == self.applied + self.known + self.dead_lettered
            and self.users == self.users_equal
        )


def reconcile(sent: int, accepted: int, rejected: int, mirror: Mirror, stack: Stack) -> Reconciliation:
    """Wait until the stream is folded, then count the events added to the rows since the mirror was frozen."""
    expected = mirror.rows()
    deadline = time.monotonic() + DRAINED_WITHIN_S
    features = stack.features()
    while True:
        rows = features.read_users(list(expected))
        equal = sum(rows[user].data == row for user, row in expected.items() if user in rows)
        if equal == len(expected) or time.monotonic() > deadline:
            break
        time.sleep(PAUSE_S)
    states = [user_row.unpack(row.data) for row in rows.values()]
    return Reconciliation(
        sent=sent,
        accepted=accepted,
        rejected=rejected,
        applied=sum(state.applied for state in states) - mirror.applied_before,
        known=sum(state.duplicates for state in states) - mirror.known_before,
        dead_lettered=len(filed_letters(stack.dead_letters())),
        users=len(expected),
        users_equal=equal,
        first_difference=next(
            (
                _difference(user, rows.get(user, NO_ROW).data, row)
                for user, row in sorted(expected.items())
                if rows.get(user, NO_ROW).data != row
            ),
            None,
        ),
    )


def _difference(user: Pseudonym, row: bytes, expected: bytes) -> str:
    """The differing fields of a user's row and the expected one."""
    if not row:
        return f"user {user.hex()} has no row"
    has, should = user_row.unpack(row), user_row.unpack(expected)
    fields = ("position", "last_ms", "applied", "duplicates", "session_ms", "events", "kept", "tags")
    named = [name for name in fields if getattr(has, name) != getattr(should, name)]
    values = [f"{name} {getattr(has, name)} instead of {getattr(should, name)}" for name in named]
    return f"user {user.hex()}: " + "; ".join(values)
