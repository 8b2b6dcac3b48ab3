"""Recorded events as columns, in the order in which they will be played."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from millstream_tools.shops.contract import Behaviour, BehaviourKind, Product, SeenPolicy, stable_id
from millstream_tools.shops.recorded.columns import Coded, Floats, Ints


@dataclass(frozen=True, slots=True)
class Recording:
    """All events of a data set, sorted by time; position i of each column belongs to event i.

    `source` names the data set in event ids. `value` is NaN where an event has none. `repeat` counts equal events (same
    session, item and time) from 0, so that each has its own id. `notes` tell what was read and what was dropped.
    """

    name: str
    source: str
    kind: BehaviourKind
    exclude_seen: SeenPolicy
    user: Coded
    session: Coded
    item: Coded
    occurred_at: Floats
    value: Floats
    repeat: Ints
    products: tuple[Product, ...]
    notes: tuple[str, ...]

    def __len__(self) -> int:
        """Events."""
        return len(self.occurred_at)

    def event_id(self, event: int) -> str:
        """An id that depends on what the source row says and not on where it stands."""
        time = repr(float(self.occurred_at[event]))
        return stable_id(self.source, self.session_id(event), self.item_id(event), time, int(self.repeat[event]))

    def user_id(self, event: int) -> str:
        """The user of an event."""
        return self.user.label(event)

    def session_id(self, event: int) -> str:
        """The session of an event."""
        return self.session.label(event)

    def item_id(self, event: int) -> str:
        """The item of an event."""
        return self.item.label(event)

    def behaviour(self, event: int) -> Behaviour:
        """The event as a shop sends it."""
        value = float(self.value[event])
        return Behaviour(
            user_id=self.user_id(event),
            session_id=self.session_id(event),
            event_id=self.event_id(event),
            event_type=self.kind,
            item_id=self.item_id(event),
            occurred_at=float(self.occurred_at[event]),
            value=None if np.isnan(value) else value,
        )


def in_order(coded: Coded, order: Ints) -> Coded:
    """A coded column in another order or without some of its rows."""
    return Coded(coded.codes[order], coded.labels)


def repeats(session: Ints, item: Ints, occurred_at: Floats) -> Ints:
    """For each event, how many equal ones come before it."""
    order = np.lexsort((np.arange(len(item)), occurred_at, item, session))
    columns = np.stack([session[order], item[order], occurred_at[order]])
    starts = np.flatnonzero(np.any(np.diff(columns, axis=1, prepend=np.nan) != 0, axis=0))
    counts = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    repeat = np.empty(len(order), dtype=np.int64)
    repeat[order] = counts
    return repeat
