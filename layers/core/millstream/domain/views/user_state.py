"""The state of one user, and how an event changes it.

The state is kept in packed form, because a fold only appends to it and needs no unpacking. `user_row` encodes it as a
row. All numbers are big-endian:

    events   item key 6 bytes | mark 3 bytes: kind's slot 5 bits, value's code 6, pause 13; oldest first
    kept     item key 6 bytes | mark 4 bytes: kind's slot 5 bits, value's code 6, day since 1970 21; latest last
    tags     event tag 6 bytes; oldest first
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import lshift
from typing import NamedTuple

from millstream.domain.attributes import NO_ATTRIBUTES, merged
from millstream.domain.keys import EVENT_TAG_BYTES, ITEM_KEY_BYTES, ItemKey
from millstream.domain.log.kinds import BEHAVIOUR, FROM_CLIENTS, MOST_SLOTS, REMEMBERED, EventKind, trend_weight
from millstream.domain.log.positions import BEGINNING, Position, shard_name, shard_number
from millstream.domain.log.records import Core
from millstream.domain.views.pauses import PAUSE_BITS, pause_code, pause_s

RECENT_EVENTS = 64
"""Recent events that a row keeps."""

REMEMBERED_ITEMS = 20
"""Purchases and opinions that a row keeps in addition; one for each item and kind."""

REMEMBERED_TAGS = 24
"""Event ids that a row keeps to detect duplicates."""

SESSION_GAP_S = 30 * 60
"""A pause of this length ends a session. Source: the convention of Google Analytics and most clickstream studies."""

EVENT_BYTES = ITEM_KEY_BYTES + 3
KEPT_BYTES = ITEM_KEY_BYTES + 4
DAY_BITS = 21
_EVENT_MARK_BYTES = EVENT_BYTES - ITEM_KEY_BYTES
_KEPT_MARK_BYTES = KEPT_BYTES - ITEM_KEY_BYTES
_VALUE_BITS = 6
SLOT_AT = PAUSE_BITS + _VALUE_BITS
_PAUSE_MASK = (1 << PAUSE_BITS) - 1
_DAY_MASK = (1 << DAY_BITS) - 1
_VALUE_MASK = (1 << _VALUE_BITS) - 1
DAY_MS = 24 * 3600 * 1000
_RECENT_BYTES = RECENT_EVENTS * EVENT_BYTES
_REMEMBERED_BYTES = REMEMBERED_ITEMS * KEPT_BYTES
_KEPT_TAG_BYTES = REMEMBERED_TAGS * EVENT_TAG_BYTES
MOST_SHARES = 50
"""How many events of one user within a day add to the trend. Fewer than a row keeps, so that it always knows."""

_DAY_S = 24 * 3600
_ERASED = int(EventKind.UserErased)
_MOST_EVENT_BYTES = 4 * _RECENT_BYTES
_MOST_TAG_BYTES = 16 * _KEPT_TAG_BYTES
"""A state may hold more than its row, so that it is trimmed rarely instead of at every event."""

_COUNTED = frozenset(int(kind) for kind in FROM_CLIENTS)
_SLOTS = {int(kind): kind.traits.slot for kind in BEHAVIOUR if kind.traits.slot is not None}
_SCALES = {int(kind): kind.traits.values for kind in BEHAVIOUR if kind.traits.values is not None}
_MARKS = {kind: slot << SLOT_AT for kind, slot in _SLOTS.items()}
_CODES = {kind: scale.code for kind, scale in _SCALES.items()}
_KEPT = frozenset(int(kind) for kind in REMEMBERED)
_KINDS = {slot: (EventKind(kind), _SCALES.get(kind)) for kind, slot in _SLOTS.items()}
"""Looking up an enum member is faster than creating one, and a request does it a hundred times."""


Share = tuple[ItemKey, int, float]
"""(item, occurred_at ms, weight): what one event adds to the trend, before decay."""


_WEIGHTS = [
    trend_weight(kind, scale and scale.value(code)) if kind else 0.0
    for kind, scale in (_KINDS.get(slot, (None, None)) for slot in range(MOST_SLOTS))
    for code in range(1 << _VALUE_BITS)
]
"""The weight in the trend of each slot with each value's code."""

_EXPONENTS = bytes(byte & _PAUSE_MASK >> 8 for byte in range(256))  # the byte shares a value's code


class RecentEvent(NamedTuple):
    """A recent event; `pause_s` is the time since the previous event in seconds, exact to 0.8 %.

    `value` is rounded to the nearest step of the kind's scale; None if the kind has no scale or the client sent none.
    """

    item: ItemKey
    kind: EventKind
    pause_s: int
    value: float | None = None


class RememberedItem(NamedTuple):
    """A purchase of an item or an opinion about it, with its value and its day (since 1970, UTC)."""

    item: ItemKey
    kind: EventKind
    value: float | None
    day: int


class UserState:
    """A fold over one user's events. Mutable: one projector owns it for the length of a batch.

    `last_ms` is the time of the latest event, `session_ms` that of the first one of its session. `attributes` are
    the latest known codes (domain/attributes.py). `experiment` (a number; 0: none) is not changed by the fold.
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
        """Reset everything but the position."""
        self.shard = shard_number(BEGINNING.shard)
        self.sequence = BEGINNING.sequence_number
        self.last_ms = 0
        self.session_ms = 0
        self.applied = 0
        self.duplicates = 0
        self.experiment = 0
        self.attributes = NO_ATTRIBUTES
        self.events = bytearray()
        self.kept = bytearray()
        self.tags = bytearray()

    @property
    def position(self) -> Position:
        """The last record that changed this state."""
        return Position(shard_name(self.shard), self.sequence)

    def fold(
        self,
        shard: int,
        sequence: int,
        cores: Sequence[Core],
        shares: list[Share] | None = None,
        attributes: bytes = NO_ATTRIBUTES,
    ) -> list[Core]:
        """Fold one record and return its new events, in order; append to `shares` what they add to the trend.

        `attributes` are the record's; they count if one of its events is new, so that a late repetition of an earlier
        call does not bring old values back.

        What one user adds is bounded: nothing for an event on an item on which the user had one of the same or more
        weight within a day (by the user's clock, as pauses are counted), and nothing after MOST_SHARES events within a
        day. So a user adds at most 7 to an item a day (a view, a cart, a purchase), 34 with all that has not decayed.

        A record at or before the state's position changes nothing, which makes repeated deliveries harmless. A record
        without events that count (a served slate) does not even move the position, because the row is not written for
        it and must have the same bytes either way. Events keep the order of the log; an event with an earlier time than
        its predecessor counts as simultaneous. `UserErased`, always alone in its record, clears all but the position.
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
        if fresh:
            self.attributes = merged(self.attributes, attributes)
        self._remember(fresh, shares)
        self.applied += len(fresh)
        if len(self.tags) > _MOST_TAG_BYTES or len(self.events) > _MOST_EVENT_BYTES:
            self._trim()
        return fresh

    def recent(self) -> Iterator[RecentEvent]:
        """The recent events, newest first, at most RECENT_EVENTS; without kinds of newer versions."""
        events = bytes(self.events[-_RECENT_BYTES:])
        for start in range(len(events) - EVENT_BYTES, -1, -EVENT_BYTES):
            mark = int.from_bytes(events[start + ITEM_KEY_BYTES : start + EVENT_BYTES])
            kind, scale = _KINDS.get(mark >> SLOT_AT, _UNKNOWN)
            if kind is not None:
                value = scale and scale.value(mark >> PAUSE_BITS & _VALUE_MASK)
                yield RecentEvent(events[start : start + ITEM_KEY_BYTES], kind, pause_s(mark & _PAUSE_MASK), value)

    def remembered(self) -> Iterator[RememberedItem]:
        """The remembered purchases and opinions, latest first; without kinds of newer versions."""
        for start in range(len(self.kept) - KEPT_BYTES, -1, -KEPT_BYTES):
            item = bytes(self.kept[start : start + ITEM_KEY_BYTES])
            mark = int.from_bytes(self.kept[start + ITEM_KEY_BYTES : start + KEPT_BYTES])
            kind, scale = _KINDS.get(mark >> DAY_BITS + _VALUE_BITS, _UNKNOWN)
            if kind is not None:
                value = scale and scale.value(mark >> DAY_BITS & _VALUE_MASK)
                yield RememberedItem(item, kind, value, mark & _DAY_MASK)

    def keep(self, item: ItemKey, kind: int, value_code: int, at_ms: int) -> None:
        """Remember a purchase or an opinion, replacing an earlier one of the same kind and item."""
        kept, slot = self.kept, _SLOTS[kind]
        found = kept.find(item)
        while found >= 0 and (found % KEPT_BYTES or kept[found + ITEM_KEY_BYTES] >> 3 != slot):
            found = kept.find(item, found + 1)
        if found >= 0:
            del kept[found : found + KEPT_BYTES]
        elif len(kept) >= _REMEMBERED_BYTES:
            del kept[:KEPT_BYTES]
        kept += item
        kept += ((slot << _VALUE_BITS | value_code) << DAY_BITS | at_ms // DAY_MS).to_bytes(_KEPT_MARK_BYTES)

    def _new(self, cores: Sequence[Core]) -> list[Core]:
        """The events whose tags are not among the kept ones; their tags are added."""
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
        """Drop what a row does not keep."""
        del self.tags[:-_KEPT_TAG_BYTES]
        del self.events[:-_RECENT_BYTES]

    def _remember(self, fresh: Sequence[Core], shares: list[Share] | None) -> None:
        """Append the events on items, each with the pause since the previous event."""
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
            mark |= pause if 0 <= pause < 256 else pause_code(pause)
            if kind in _CODES:
                mark |= _CODES[kind](value) << PAUSE_BITS
            if (
                shares is not None
                and (weight := _WEIGHTS[mark >> PAUSE_BITS])
                and self._adds(item, weight, max(0, pause))
            ):
                shares.append((item, occurred_at_ms, weight))
            events += item
            events += mark.to_bytes(_EVENT_MARK_BYTES)
            if kind in _KEPT:
                self.keep(item, kind, mark >> PAUSE_BITS & _VALUE_MASK, occurred_at_ms)

    def _adds(self, item: ItemKey, weight: float, pause: int) -> bool:
        """Whether an event of this weight adds to the trend, so many seconds after the latest one; see `fold`."""
        latest = self.events[-MOST_SHARES * EVENT_BYTES :]
        at = latest.rfind(item)
        is_full = len(latest) == MOST_SHARES * EVENT_BYTES
        if at < 0 and not is_full:
            return True
        # Pauses as `pause_s` decodes them, summed without a loop: this runs for each event.
        mantissas = latest[EVENT_BYTES - 1 :: EVENT_BYTES]
        exponents = latest[EVENT_BYTES - 2 :: EVENT_BYTES].translate(_EXPONENTS)
        if is_full and pause + sum(map(lshift, mantissas[1:], exponents[1:])) < _DAY_S:
            return False
        while at >= 0:
            place, is_inside = divmod(at, EVENT_BYTES)
            if not is_inside:
                if pause + sum(map(lshift, mantissas[place + 1 :], exponents[place + 1 :])) >= _DAY_S:
                    return True
                mark = int.from_bytes(latest[at + ITEM_KEY_BYTES : at + EVENT_BYTES])
                if _WEIGHTS[mark >> PAUSE_BITS] >= weight:
                    return False
            at = latest.rfind(item, 0, at + ITEM_KEY_BYTES - 1)
        return True


_UNKNOWN = (None, None)
