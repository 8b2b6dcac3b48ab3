"""A digest of all rows of a view that does not depend on their order.

Each row is hashed and the hashes are added modulo 2**256. A row can be added, removed or replaced without the others,
and the digests of partitions add up. Source: Bellare, Micciancio, "A New Paradigm for
Collision-Free Hashing: Incrementality at Reduced Cost" (EUROCRYPT 1997), with BLAKE2b (RFC 7693) for the rows.
"""

from __future__ import annotations

import hashlib

from millstream.domain.keys import Pseudonym
from millstream.domain.views import trend_row, user_row

BITS = 256
_MASK = (1 << BITS) - 1


class Digest:
    """An incremental digest. Mutable; the digests of disjoint sets of rows add up."""

    __slots__ = ("rows", "value")

    def __init__(self, value: int = 0, rows: int = 0) -> None:
        self.value = value
        self.rows = rows

    def __str__(self) -> str:
        return f"{self.value:0{BITS // 4}x}"

    def add_user(self, user: Pseudonym, row: bytes) -> None:
        """Add a user's row; the empty row of an erased user adds nothing."""
        if not user_row.is_blank(row):
            self.rows += 1
            self.value = (self.value + _hash(b"user", user, row)) & _MASK

    def remove_user(self, user: Pseudonym, row: bytes) -> None:
        """Remove a user's row; to replace a row, remove the old one and add the new one."""
        if not user_row.is_blank(row):
            self.rows -= 1
            self.value = (self.value - _hash(b"user", user, row)) & _MASK

    def add_trend(self, shard: str, row: bytes) -> None:
        """Add a shard's trend: its items, without the position."""
        self.rows += 1
        self.value = (self.value + _hash(b"trend", shard.encode(), trend_row.known(row))) & _MASK

    def add(self, other: Digest) -> None:
        """Add the rows of another digest, which must be disjoint from these."""
        self.rows += other.rows
        self.value = (self.value + other.value) & _MASK


def _hash(kind: bytes, key: bytes, content: bytes) -> int:
    digest = hashlib.blake2b(len(key).to_bytes(1), digest_size=BITS // 8, person=kind)
    digest.update(key)
    digest.update(content)
    return int.from_bytes(digest.digest())
