"""What the log says later about itself: users to forget, and records that count no longer where they lie.

A rebuild reads these first and then folds as if the forgotten had never come. A view that was live at the time has
emptied the user's row when it met `UserErased`, and keeps what its trend had added up until it is rebuilt.
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
"""(shard number, sequence number): what orders the records of one user."""


@dataclass
class Amendments:
    """Every erasure of a user, in any order, and every voided place. Mutable while a log is read."""

    erasures: dict[Pseudonym, set[Place]] = field(default_factory=dict)
    voided: set[Place] = field(default_factory=set)

    def read(self, place: Place, record: FoldableRecord, data: bytes) -> None:
        """Take in what a record says about the log, if anything. Raises InvalidRecordError."""
        if record.cores[0][4] not in AMENDING:
            return
        for event in decode(data).events:
            if event.kind is EventKind.UserErased:
                self.erasures.setdefault(record.subject, set()).add(place)
            elif event.kind is EventKind.RecordVoided:
                self.voided |= _voided(event.attributes.get("position"))

    def add(self, other: Amendments) -> None:
        """Take in what another part of the log says."""
        for user, places in other.erasures.items():
            self.erasures.setdefault(user, set()).update(places)
        self.voided |= other.voided

    def known_at(self, reached: Mapping[str, int]) -> Hidden:
        """What a view hides that was built when the log had been read up to these positions.

        Later erasures are events like others to it. A voided record is hidden always: no view has ever held one.
        """
        until = {shard_number(shard): sequence for shard, sequence in reached.items()}
        hidden = {
            user: max(known)
            for user, places in self.erasures.items()
            if (known := [place for place in places if place[1] <= until.get(place[0], -1)])
        }
        return Hidden(hidden, frozenset(self.voided))

    def encode(self) -> bytes:
        """As JSON, the same for the same amendments."""
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
    """What a fold leaves out: users' records before a place, and single records."""

    users: Mapping[Pseudonym, Place]
    voided: frozenset[Place]

    def hides(self, user: Pseudonym, place: Place) -> bool:
        """True for a record that the fold must not see; the erasure itself is seen, and leaves an empty row."""
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
