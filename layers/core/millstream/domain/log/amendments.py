"""Amendments: later records of the log that erase a user, void a record, or void a range of imported history.

A rebuild reads the amendments first and leaves erased and void events out of the fold. A live view clears the user's
row when it folds `UserErased`; its trend keeps the user's share until the next rebuild. A live view keeps voided
history until then too.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from millstream.domain.errors import InvalidInputError
from millstream.domain.keys import Pseudonym
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import Position, parse_position, shard_name, shard_number
from millstream.domain.log.records import FoldableRecord, decode

AMENDING = frozenset(map(int, (EventKind.UserErased, EventKind.RecordVoided, EventKind.HistoryVoided)))
Place = tuple[int, int]
"""(shard number, sequence number): the order of one user's records."""

Range = tuple[Place, Place]
"""The first and the last place of consecutive records of one shard."""


@dataclass
class Amendments:
    """All erasures of users, all voided places and ranges. Mutable while a log is read.

    `ranges` has the places at which each range was voided.
    """

    erasures: dict[Pseudonym, set[Place]] = field(default_factory=dict)
    voided: set[Place] = field(default_factory=set)
    ranges: dict[Range, set[Place]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.erasures or self.voided or self.ranges)

    def read(self, place: Place, record: FoldableRecord, data: bytes) -> None:
        """Add the amendment in a record, if it is one. Raises InvalidRecordError."""
        if record.cores[0][4] not in AMENDING:
            return
        for event in decode(data).events:
            if event.kind is EventKind.UserErased:
                self.erasures.setdefault(record.subject, set()).add(place)
            elif event.kind is EventKind.RecordVoided:
                self.voided |= _voided(event.attributes.get("position"))
            elif event.kind is EventKind.HistoryVoided and (found := _range(event.attributes)):
                self.ranges.setdefault(found, set()).add(place)

    def add(self, other: Amendments) -> None:
        """Add the amendments of another part of the log."""
        for user, places in other.erasures.items():
            self.erasures.setdefault(user, set()).update(places)
        self.voided |= other.voided
        for range_, places in other.ranges.items():
            self.ranges.setdefault(range_, set()).update(places)

    def known_at(self, reached: Mapping[str, int]) -> Hidden:
        """What a view hides if it was built when the log had been read up to these positions.

        To that view, later erasures and later voided ranges are ordinary events. Voided records are always hidden: no
        view ever contained one.
        """
        until = {shard_number(shard): sequence for shard, sequence in reached.items()}

        def known(places: Iterable[Place]) -> list[Place]:
            return [place for place in places if place[1] <= until.get(place[0], -1)]

        users = {user: max(before) for user, places in self.erasures.items() if (before := known(places))}
        ranges = [range_ for range_, places in self.ranges.items() if known(places)]
        return Hidden(users, frozenset(self.voided), _joined(ranges))

    def encode(self) -> bytes:
        """Encode as JSON; equal amendments give equal bytes."""
        erasures = {user.hex(): _named(places) for user, places in sorted(self.erasures.items())}
        said: dict[str, object] = {"erasures": erasures, "voided": _named(self.voided)}
        if self.ranges:
            said["ranges"] = [[_named(range_), _named(places)] for range_, places in sorted(self.ranges.items())]
        return json.dumps(said, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, data: bytes) -> Amendments:
        """The inverse of `encode`."""
        stored = json.loads(data)
        erasures = {bytes.fromhex(user): _places(names) for user, names in stored["erasures"].items()}
        ranges = {(_place(first), _place(last)): _places(names) for (first, last), names in stored.get("ranges", [])}
        return cls(erasures, _places(stored["voided"]), ranges)


@dataclass(frozen=True, slots=True)
class Hidden:
    """Records that a fold leaves out: a user's records before a place, single records, and ranges.

    `ranges` are sorted and do not overlap.
    """

    users: Mapping[Pseudonym, Place]
    voided: frozenset[Place]
    ranges: Sequence[Range] = ()

    def __bool__(self) -> bool:
        return bool(self.users or self.voided or self.ranges)

    def hides(self, user: Pseudonym, place: Place) -> bool:
        """True for a record that the fold must skip. The erasure itself is folded and leaves an empty row."""
        erased = self.users.get(user)
        return (erased is not None and place < erased) or place in self.voided or self.in_void_range(place)

    def in_void_range(self, place: Place) -> bool:
        """True for a place in a voided range of imported history."""
        before = bisect_right(self.ranges, place, key=_first)
        return before > 0 and place <= self.ranges[before - 1][1]


NOTHING_HIDDEN = Hidden({}, frozenset())


def _voided(position: object) -> set[Place]:
    try:
        return {_place(str(position))}
    except InvalidInputError:
        return set()


def _range(said: Mapping[str, object]) -> Range | None:
    """The range that an event voids; None if it names none."""
    try:
        first, last = _place(str(said.get("first"))), _place(str(said.get("last")))
    except InvalidInputError:
        return None
    return (first, last) if first[0] == last[0] and first <= last else None


def _joined(ranges: Iterable[Range]) -> Sequence[Range]:
    """The same places as sorted ranges that do not overlap."""
    joined: list[Range] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return tuple(joined)


def _first(range_: Range) -> Place:
    return range_[0]


def _named(places: Iterable[Place]) -> list[str]:
    return [str(Position(shard_name(shard), sequence)) for shard, sequence in sorted(places)]


def _places(names: Iterable[str]) -> set[Place]:
    return set(map(_place, names))


def _place(name: str) -> Place:
    shard, sequence = parse_position(name)
    return shard_number(shard), sequence
