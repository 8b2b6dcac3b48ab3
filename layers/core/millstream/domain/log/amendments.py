"""Amendments: later records of the log that erase a user or void a record.

A rebuild reads the amendments first and leaves erased events out of the fold. A live view clears the user's row when it
folds `UserErased`; its trend keeps the user's share until the next rebuild.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from millstream.domain.errors import InvalidInputError
from millstream.domain.keys import Pseudonym
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import Position, parse_position, shard_name, shard_number
from millstream.domain.log.records import FoldableRecord, decode

AMENDING = frozenset({int(EventKind.UserErased), int(EventKind.RecordVoided)})
Place = tuple[int, int]
"""(shard number, sequence number): the order of one user's records."""


@dataclass
class Amendments:
    """All erasures of users and all voided places. Mutable while a log is read."""

    erasures: dict[Pseudonym, set[Place]] = field(default_factory=dict)
    voided: set[Place] = field(default_factory=set)

    def read(self, place: Place, record: FoldableRecord, data: bytes) -> None:
        """Add the amendment in a record, if it is one. Raises InvalidRecordError."""
        if record.cores[0][4] not in AMENDING:
            return
        for event in decode(data).events:
            if event.kind is EventKind.UserErased:
                self.erasures.setdefault(record.subject, set()).add(place)
            elif event.kind is EventKind.RecordVoided:
                self.voided |= _voided(event.attributes.get("position"))

    def add(self, other: Amendments) -> None:
        """Add the amendments of another part of the log."""
        for user, places in other.erasures.items():
            self.erasures.setdefault(user, set()).update(places)
        self.voided |= other.voided

    def known_at(self, reached: Mapping[str, int]) -> Hidden:
        """What a view hides if it was built when the log had been read up to these positions.

        To that view, later erasures are ordinary events. Voided records are always hidden: no view ever contained one.
        """
        until = {shard_number(shard): sequence for shard, sequence in reached.items()}
        hidden = {
            user: max(known)
            for user, places in self.erasures.items()
            if (known := [place for place in places if place[1] <= until.get(place[0], -1)])
        }
        return Hidden(hidden, frozenset(self.voided))

    def encode(self) -> bytes:
        """Encode as JSON; equal amendments give equal bytes."""
        erasures = {user.hex(): _named(places) for user, places in sorted(self.erasures.items())}
        return json.dumps({"erasures": erasures, "voided": _named(self.voided)}, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, data: bytes) -> Amendments:
        """The inverse of `encode`."""
        stored = json.loads(data)
        erasures = {bytes.fromhex(user): _places(names) for user, names in stored["erasures"].items()}
        return cls(erasures, _places(stored["voided"]))


@dataclass(frozen=True, slots=True)
class Hidden:
    """Records that a fold leaves out: a user's records before a place, and single records."""

    users: Mapping[Pseudonym, Place]
    voided: frozenset[Place]

    def hides(self, user: Pseudonym, place: Place) -> bool:
        """True for a record that the fold must skip. The erasure itself is folded and leaves an empty row."""
        erased = self.users.get(user)
        return (erased is not None and place < erased) or place in self.voided


NOTHING_HIDDEN = Hidden({}, frozenset())


def _voided(position: object) -> set[Place]:
    try:
        shard, sequence = parse_position(str(position))
    except InvalidInputError:
        return set()
    return {(shard_number(shard), sequence)}


def _named(places: Iterable[Place]) -> list[str]:
    return [str(Position(shard_name(shard), sequence)) for shard, sequence in sorted(places)]


def _places(names: Iterable[str]) -> set[Place]:
    positions = map(parse_position, names)
    return {(shard_number(shard), sequence) for shard, sequence in positions}
