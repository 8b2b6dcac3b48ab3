"""What is known of one user, and how an event changes it.

The state is kept in its packed form, because a fold only appends to it: nothing is unpacked to be written back.
`user_row` makes the bytes of a row of it. All numbers are big-endian:

    events   item key 6 bytes | mark 3 bytes: kind's slot 5 bits, value's code 6, pause 13; oldest first
    kept     item key 6 bytes | mark 4 bytes: kind's slot 5 bits, value's code 6, day since 1970 21; latest last
    tags     event tag 6 bytes; oldest first
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from millstream.domain.keys import EVENT_TAG_BYTES, ITEM_KEY_BYTES, ItemKey
from millstream.domain.log.kinds import BEHAVIOUR, FROM_CLIENTS, REMEMBERED, EventKind
from millstream.domain.log.positions import BEGINNING, Position, shard_name, shard_number
from millstream.domain.log.records import Core

RECENT_EVENTS = 64
"""How many of a user's latest events a row keeps."""

REMEMBERED_ITEMS = 20
"""How many of the latest purchases and opinions a row keeps beside them; one for each item and kind."""

REMEMBERED_TAGS = 24
"""How many of a user's latest event ids are recognised when a client sends them again."""

SESSION_GAP_S = 30 * 60
"""A pause of this length ends a session. Source: Google Analytics' and most clickstream studies' convention."""

ATTRIBUTE_BYTES = 16
"""Eight codes of two bytes; 0: nothing is known."""

EVENT_BYTES = ITEM_KEY_BYTES + 3
KEPT_BYTES = ITEM_KEY_BYTES + 4
PAUSE_BITS = 13
DAY_BITS = 21
_EVENT_MARK_BYTES = EVENT_BYTES - ITEM_KEY_BYTES
_KEPT_MARK_BYTES = KEPT_BYTES - ITEM_KEY_BYTES
_VALUE_BITS = 6
SLOT_AT = PAUSE_BITS + _VALUE_BITS
_PAUSE_MASK = (1 << PAUSE_BITS) - 1
_DAY_MASK = (1 << DAY_BITS) - 1
_VALUE_MASK = (1 << _VALUE_BITS) - 1
_DAY_MS = 24 * 3600 * 1000
_RECENT_BYTES = RECENT_EVENTS * EVENT_BYTES
_REMEMBERED_BYTES = REMEMBERED_ITEMS * KEPT_BYTES
_KEPT_TAG_BYTES = REMEMBERED_TAGS * EVENT_TAG_BYTES
_ERASED = int(EventKind.UserErased)
_MOST_EVENT_BYTES = 4 * _RECENT_BYTES
_MOST_TAG_BYTES = 16 * _KEPT_TAG_BYTES
"""A state may hold some more than its row, so that not every event moves all others; a long fold stays small."""

_COUNTED = frozenset(int(kind) for kind in FROM_CLIENTS)
_SLOTS = {int(kind): kind.traits.slot for kind in BEHAVIOUR if kind.traits.slot is not None}
_SCALES = {int(kind): kind.traits.values for kind in BEHAVIOUR if kind.traits.values is not None}
_MARKS = {kind: slot << SLOT_AT for kind, slot in _SLOTS.items()}
_CODES = {kind: scale.code for kind, scale in _SCALES.items()}
_KEPT = frozenset(int(kind) for kind in REMEMBERED)
_KINDS = {slot: (EventKind(kind), _SCALES.get(kind)) for kind, slot in _SLOTS.items()}
"""Looking a member up is quicker than making one, and a request does it a hundred times."""


class RecentEvent(NamedTuple):
    """One of the user's latest events; `pause_s` is the time since the event before it, exact to 0.8 %.

    `value` is on the kind's scale, to its nearest step; None where the kind has none, or the client gave none.
    """

    item: ItemKey
    kind: EventKind
    pause_s: int
    value: float | None = None


class RememberedItem(NamedTuple):
    """What is remembered of an item: a purchase or an opinion, its value, and its day (since 1970, UTC)."""

    item: ItemKey
    kind: EventKind
    value: float | None
    day: int


class UserState:
    """A fold over one user's events. Mutable: one projector owns it for the length of a batch.

    `last_ms` is the time of the latest event, `session_ms` that of the first one of its session. `attributes` (eight
    codes) and `experiment` (a number; 0: none) are no part of the fold: it keeps them as they are.
    """

    __slots__ = (
        "applied",
        "attributes",
        "duplicates",
        "events",
        "experiment",
        "kept",
        "last_ms",
        "sequence",
        "session_ms",
        "shard",
        "tags",
    )

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        """Be as if nothing had ever been known."""
        self.shard = shard_number(BEGINNING.shard)
        self.sequence = BEGINNING.sequence_number
        self.last_ms = 0
        self.session_ms = 0
        self.applied = 0
        self.duplicates = 0
        self.experiment = 0
        self.attributes = bytes(ATTRIBUTE_BYTES)
        self.events = bytearray()
        self.kept = bytearray()
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
        if len(self.tags) > _MOST_TAG_BYTES or len(self.events) > _MOST_EVENT_BYTES:
            self._trim()
        return fresh

    def recent(self) -> Iterator[RecentEvent]:
        """The latest events, newest first, at most RECENT_EVENTS; without kinds that only a newer version knows."""
        events = bytes(self.events[-_RECENT_BYTES:])
        for start in range(len(events) - EVENT_BYTES, -1, -EVENT_BYTES):
            mark = int.from_bytes(events[start + ITEM_KEY_BYTES : start + EVENT_BYTES])
            kind, scale = _KINDS.get(mark >> SLOT_AT, _UNKNOWN)
            if kind is not None:
                value = scale and scale.value(mark >> PAUSE_BITS & _VALUE_MASK)
                yield RecentEvent(events[start : start + ITEM_KEY_BYTES], kind, pause_s(mark & _PAUSE_MASK), value)

    def remembered(self) -> Iterator[RememberedItem]:
        """The purchases and opinions that are kept, the latest first; without kinds that only a newer version knows."""
        for start in range(len(self.kept) - KEPT_BYTES, -1, -KEPT_BYTES):
            item = bytes(self.kept[start : start + ITEM_KEY_BYTES])
            mark = int.from_bytes(self.kept[start + ITEM_KEY_BYTES : start + KEPT_BYTES])
            kind, scale = _KINDS.get(mark >> DAY_BITS + _VALUE_BITS, _UNKNOWN)
            if kind is not None:
                value = scale and scale.value(mark >> DAY_BITS & _VALUE_MASK)
                yield RememberedItem(item, kind, value, mark & _DAY_MASK)

    def keep(self, item: ItemKey, kind: int, value_code: int, at_ms: int) -> None:
        """Remember a purchase or an opinion in the place of an earlier one of the same kind and item."""
        kept, slot = self.kept, _SLOTS[kind]
        found = kept.find(item)
        while found >= 0 and (found % KEPT_BYTES or kept[found + ITEM_KEY_BYTES] >> 3 != slot):
            found = kept.find(item, found + 1)
        if found >= 0:
            del kept[found : found + KEPT_BYTES]
        elif len(kept) >= _REMEMBERED_BYTES:
            del kept[:KEPT_BYTES]
        kept += item
        kept += ((slot << _VALUE_BITS | value_code) << DAY_BITS | at_ms // _DAY_MS).to_bytes(_KEPT_MARK_BYTES)

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
        del self.events[:-_RECENT_BYTES]

    def _remember(self, fresh: Sequence[Core]) -> None:
        """Append what the user did with items, each with the pause since the event before it."""
        events = self.events
        for item, _, occurred_at_ms, value, kind in fresh:
            mark = _MARKS.get(kind)
            if mark is None:
                continue
            if events:
                pause = (occurred_at_ms - self.last_ms) // 1000
                if pause > 0:
                    self.last_ms = occurred_at_ms
                    if pause >= SESSION_GAP_S:
                        self.session_ms = occurred_at_ms
            else:
                pause = 0
                self.last_ms = self.session_ms = occurred_at_ms
            mark |= pause if 0 <= pause < 256 else _pause_code(pause)
            if kind in _CODES:
                mark |= _CODES[kind](value) << PAUSE_BITS
            events += item
            events += mark.to_bytes(_EVENT_MARK_BYTES)
            if kind in _KEPT:
                self.keep(item, kind, mark >> PAUSE_BITS & _VALUE_MASK, occurred_at_ms)


_UNKNOWN = (None, None)


def _pause_code(seconds: int) -> int:
    """Seconds as 5 bits of exponent and 8 of mantissa: exact below 256 s, then within 0.8 %; never negative."""
    if seconds < 256:
        return max(0, seconds)
    exponent = seconds.bit_length() - 8
    return min(exponent, 31) << 8 | seconds >> exponent


def pause_s(code: int) -> int:
    """The seconds of a pause's code, rounded down."""
    return (code & 0xFF) << (code >> 8)
