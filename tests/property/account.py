"""What a log means, in the simplest words: no bytes, no positions, no batches."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from millstream.application.ports import LogRecord
from millstream.domain.errors import InvalidRecordError
from millstream.domain.keys import ItemKey, Pseudonym
from millstream.domain.log.events import Event, EventRecord
from millstream.domain.log.kinds import BEHAVIOUR, FROM_CLIENTS, REMEMBERED, EventKind
from millstream.domain.log.positions import Position
from millstream.domain.log.records import decode
from millstream.domain.views.decay import era_of, moved, weight
from millstream.domain.views.trend import HALF_LIFE_MS
from millstream.domain.views.user_state import RECENT_EVENTS, REMEMBERED_ITEMS, REMEMBERED_TAGS

DAY_MS = 24 * 3600 * 1000


@dataclass
class Known:
    """What is known of one user."""

    applied: int = 0
    duplicates: int = 0
    recent: deque[tuple[ItemKey, int]] = field(default_factory=lambda: deque(maxlen=RECENT_EVENTS))
    opinions: list[tuple[ItemKey, int, int]] = field(default_factory=list)
    """The latest purchase or opinion of each kind on each item, and its day; the latest last."""

    acted: list[tuple[ItemKey, float, int]] = field(default_factory=list)
    """Each action's item, weight in the trend, and seconds since the action before it."""

    last_ms: int = 0
    ids: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED_TAGS))


class Account:
    """A log, whose records come shard by shard, parents first. Trends of fewer events than a pruning only.

    `erased` says of users that their records before a position never were. `applied` and `duplicates` are of all time,
    those of users who were erased later included.
    """

    def __init__(self, log: Iterable[LogRecord], erased: Mapping[Pseudonym, Position] | None = None) -> None:
        self.users: dict[Pseudonym, Known] = {}
        self.trends: dict[str, dict[ItemKey, float]] = {}
        self.dead: set[Position] = set()
        self.records = 0
        self.events = 0
        self.applied = 0
        self.duplicates = 0
        self.uncounted = 0
        self.hidden = 0
        self._eras: Counter[str] = Counter()
        self._erased = erased or {}
        for record in log:
            self.records += 1
            try:
                self._read(record.position, decode(record.data))
            except InvalidRecordError:
                self.dead.add(record.position)

    def _read(self, position: Position, record: EventRecord) -> None:
        self.events += len(record.events)
        erased = self._erased.get(record.subject)
        if erased is not None and not position.reaches(erased):
            self.hidden += len(record.events)
            return
        for event in record.events:
            if event.kind is EventKind.UserErased:
                self.users[record.subject] = Known()
                self.trends.setdefault(position.shard, {})
            if event.kind in FROM_CLIENTS:
                at_ms = min(event.occurred_at_ms, record.recorded_at_ms)
                self._enter(position.shard, self.users.setdefault(record.subject, Known()), event, at_ms)
            else:
                self.uncounted += 1

    def _enter(self, shard: str, user: Known, event: Event, at_ms: int) -> None:
        trend = self.trends.setdefault(shard, {})
        if event.event_id in user.ids:
            user.duplicates += 1
            self.duplicates += 1
            return
        user.ids.append(event.event_id)
        user.applied += 1
        self.applied += 1
        added = self._added(user, event, at_ms)
        if event.kind in BEHAVIOUR:
            user.recent.append((event.item_key, event.kind))
        if event.kind in REMEMBERED:
            mine = (event.item_key, event.kind)
            user.opinions = [one for one in user.opinions if one[:2] != mine]
            user.opinions = [*user.opinions, (*mine, at_ms // DAY_MS)][-REMEMBERED_ITEMS:]
        if added:
            era = max(self._eras[shard], era_of(at_ms, HALF_LIFE_MS))
            trend.update({item: moved(value, era - self._eras[shard]) for item, value in trend.items()})
            self._eras[shard] = era
            total = trend.get(event.item_key, 0.0) + added * weight(at_ms, HALF_LIFE_MS, era)
            if total:
                trend[event.item_key] = total

    def _added(self, user: Known, event: Event, at_ms: int) -> float:
        """What an event adds to the trend: nothing after 50 others within a day, or one as heavy on the same item."""
        if event.kind not in BEHAVIOUR:
            return 0.0
        pause = max(0, (at_ms - user.last_ms) // 1000) if user.acted else 0
        user.last_ms = at_ms if pause or not user.acted else user.last_ms
        is_low = event.kind is EventKind.ItemRated and event.value is not None and event.value < 1.75
        added = 0.0 if is_low else event.kind.traits.trend
        since, today = pause, []
        for item, heavy, before in reversed(user.acted):
            if since >= 24 * 3600:
                break
            today.append((item, heavy))
            since += before
        user.acted.append((event.item_key, added, _rounded(pause)))
        if len(today) >= 50 or any(item == event.item_key and heavy >= added for item, heavy in today):
            return 0.0
        return added


def _rounded(seconds: int) -> int:
    """The eight leading binary digits, as a row keeps a pause."""
    digits = max(0, seconds.bit_length() - 8)
    return seconds >> digits << digits
