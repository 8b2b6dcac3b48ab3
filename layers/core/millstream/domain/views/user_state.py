"""What is known of one user, and how an event changes it.

The state is kept in its packed form (item keys, marks of two bytes with the kind's slot and the pause, event tags),
because a fold only appends to it: nothing is unpacked to be written back. `user_row` makes the bytes of a row of it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from millstream.domain.keys import EVENT_TAG_BYTES, ITEM_KEY_BYTES, ItemKey
from millstream.domain.log.kinds import BEHAVIOUR, FROM_CLIENTS, EventKind
from millstream.domain.log.positions import BEGINNING, Position, shard_name, shard_number
from millstream.domain.log.records import Core

RECENT_EVENTS = 100
"""How many of a user's latest events a row keeps."""

REMEMBERED_TAGS = 24
"""How many of a user's latest event ids are recognised when a client sends them again."""

SESSION_GAP_S = 30 * 60
"""A pause of this length ends a session. Source: Google Analytics' and most clickstream studies' convention."""

_PAUSE_BITS = 13
_PAUSE_MASK = (1 << _PAUSE_BITS) - 1
_KEPT_TAG_BYTES = REMEMBERED_TAGS * EVENT_TAG_BYTES
_ERASED = int(EventKind.UserErased)
_MOST_EVENTS = 4 * RECENT_EVENTS
_MOST_TAG_BYTES = 16 * _KEPT_TAG_BYTES
"""A state may hold some more than its row, so that not every event moves all others; a long fold stays small."""

_COUNTED = frozenset(int(kind) for kind in FROM_CLIENTS)
_SLOTS = {int(kind): kind.traits.slot for kind in BEHAVIOUR if kind.traits.slot is not None}
_KINDS = {slot: EventKind(kind) for kind, slot in _SLOTS.items()}
"""Looking a member up is quicker than making one, and a request does it a hundred times."""


class RecentEvent(NamedTuple):
    """One of the user's latest events; `pause_s` is the time since the event before it, exact to 0.8 %."""

    item: ItemKey
    kind: EventKind
    pause_s: int


class UserState:
    """A fold over one user's events. Mutable: one projector owns it for the length of a batch."""

    __slots__ = ("applied", "duplicates", "items", "last_ms", "marks", "sequence", "shard", "tags")

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        """Be as if nothing had ever been known."""
        self.shard = shard_number(BEGINNING.shard)
        self.sequence = BEGINNING.sequence_number
        self.last_ms = 0
        self.applied = 0
        self.duplicates = 0
        self.items = bytearray()
        self.marks = array("H")
        self.tags = bytearray()

    @property
    def position(self) -> Position:
        """The last record that changed this state."""
        return Position(shard_name(self.shard), self.sequence)

    def fold(self, shard: int, sequence: int, cores: Sequence[Core]) -> list[Core]:
        """Take in one record and return its events that were new, in order.

        A record at or before the state's position changes nothing: that is what makes a second delivery harmless.
        Nor does a record in which nothing counts (a slate that was served), not even the position: a row that is not
        written for it must have the same bytes as one that is written for its neighbour.
        Events keep the order of the log; one whose clock is behind its predecessor counts as simultaneous with it.
        `UserErased`, which stands alone in its record, leaves nothing but the position.
        """
        if (shard, sequence) <= (self.shard, self.sequence):
            return []
        if cores[0][4] == _ERASED:
            self._forget()
            self.shard, self.sequence = shard, sequence
            return []
        duplicates = self.duplicates
        fresh = self._new(cores)
        if fresh or self.duplicates > duplicates:
            self.shard, self.sequence = shard, sequence
        self._remember(fresh)
        self.applied += len(fresh)
        if len(self.tags) > _MOST_TAG_BYTES or len(self.marks) > _MOST_EVENTS:
            self._trim()
        return fresh

    def recent(self) -> Iterator[RecentEvent]:
        """The latest events, newest first, at most RECENT_EVENTS; without kinds that only a newer version knows."""
        events = len(self.marks)
        for index in range(events - 1, max(0, events - RECENT_EVENTS) - 1, -1):
            mark = self.marks[index]
            kind = _KINDS.get(mark >> _PAUSE_BITS)
            if kind is not None:
                item = bytes(self.items[index * ITEM_KEY_BYTES : (index + 1) * ITEM_KEY_BYTES])
                yield RecentEvent(item, kind, _pause(mark & _PAUSE_MASK))

    def _new(self, cores: Sequence[Core]) -> list[Core]:
        """The events whose tag is not among the latest ones; each becomes one of them."""
        fresh = []
        tags = self.tags
        for core in cores:
            if core[4] not in _COUNTED:
                continue
            tag = core[1]
            found = tags.find(tag, -_KEPT_TAG_BYTES)
            while found >= 0 and found % EVENT_TAG_BYTES:
                found = tags.find(tag, found + 1)
            if found < 0:
                tags += tag
                fresh.append(core)
            else:
                self.duplicates += 1
        return fresh

    def _trim(self) -> None:
        """Forget what no row holds."""
        del self.tags[:-_KEPT_TAG_BYTES]
        del self.marks[:-RECENT_EVENTS]
        del self.items[: -RECENT_EVENTS * ITEM_KEY_BYTES]

    def _remember(self, fresh: Sequence[Core]) -> None:
        """Append what the user did with items, each with the pause since the event before it."""
        for item, _, occurred_at_ms, _, kind in fresh:
            slot = _SLOTS.get(kind)
            if slot is None:
                continue
            pause_s = (occurred_at_ms - self.last_ms) // 1000 if self.marks else 0
            if pause_s > 0 or not self.marks:
                self.last_ms = occurred_at_ms
            self.items += item
            self.marks.append(slot << _PAUSE_BITS | (pause_s if 0 <= pause_s < 256 else _pause_code(pause_s)))


def _pause_code(pause_s: int) -> int:
    """Seconds as 5 bits of exponent and 8 of mantissa: exact below 256 s, then within 0.8 %; never negative."""
    if pause_s < 256:
        return max(0, pause_s)
    exponent = pause_s.bit_length() - 8
    return min(exponent, 31) << 8 | pause_s >> exponent


def _pause(code: int) -> int:
    return (code & 0xFF) << (code >> 8)
