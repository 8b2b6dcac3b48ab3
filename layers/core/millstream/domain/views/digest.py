"""One number for all rows of a view, whatever the order in which they are met.

Each row is hashed and the hashes are added, modulo 2**256: a row can be put in, taken out or replaced without looking
at the others, and the parts of a partitioned view are added up. Source: Bellare, Micciancio, "A New Paradigm for
Collision-Free Hashing: Incrementality at Reduced Cost" (EUROCRYPT 1997), with BLAKE2b (RFC 7693) for the rows.
"""

from __future__ import annotations

import hashlib

from millstream.domain.keys import Pseudonym
from millstream.domain.views import trend_row, user_row

BITS = 256
_MASK = (1 << BITS) - 1


class Digest:
    """A digest that grows. Mutable; two of disjoint rows add up to that of all."""

    __slots__ = ("rows", "value")

    def __init__(self, value: int = 0, rows: int = 0) -> None:
        self.value = value
        self.rows = rows

    def __str__(self) -> str:
        return f"{self.value:0{BITS // 4}x}"

    def add_user(self, user: Pseudonym, row: bytes) -> None:
        """Count a user's row in; the row of an erased user holds nothing and counts for nothing."""
        if not user_row.is_blank(row):
            self.rows += 1
            self.value = (self.value + _hash(b"user", user, row)) & _MASK

    def remove_user(self, user: Pseudonym, row: bytes) -> None:
        """The inverse: a row that is replaced is taken out as it was and added as it is."""
        if not user_row.is_blank(row):
            self.rows -= 1
            self.value = (self.value - _hash(b"user", user, row)) & _MASK

    def add_trend(self, shard: str, row: bytes) -> None:
        """Count a shard's trend in: what is known of its items, and not up to where it was read."""
        self.rows += 1
        self.value = (self.value + _hash(b"trend", shard.encode(), trend_row.known(row))) & _MASK

    def add(self, other: Digest) -> None:
        """Count in the rows of another digest; they must not be among these."""
        self.rows += other.rows
        self.value = (self.value + other.value) & _MASK


def _hash(kind: bytes, key: bytes, content: bytes) -> int:
    digest = hashlib.blake2b(len(key).to_bytes(1), digest_size=BITS // 8, person=kind)
    digest.update(key)
    digest.update(content)
    return int.from_bytes(digest.digest())
