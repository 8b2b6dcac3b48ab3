"""Short, stable identifiers: item keys, event tags, user pseudonyms."""

from __future__ import annotations

import hashlib
import hmac

ItemKey = bytes
"""First 6 bytes of BLAKE2b of the item id (docs/decisions/2026-11-22-forty-eight-bit-item-keys.md)."""

EventTag = bytes
"""First 6 bytes of BLAKE2b of the client's event id, kept per user to detect duplicates."""

Pseudonym = bytes
"""16 bytes of HMAC-SHA256 of the user id: the only form in which a user appears in the log and in the views."""

ITEM_KEY_BYTES = 6
EVENT_TAG_BYTES = 6
PSEUDONYM_BYTES = 16
NO_ITEM: ItemKey = bytes(ITEM_KEY_BYTES)


def item_key(item_id: str) -> ItemKey:
    """The key of an item id, computed without coordination and stable. Source: RFC 7693 (BLAKE2)."""
    return hashlib.blake2b(item_id.encode(), digest_size=8).digest()[:ITEM_KEY_BYTES]


def event_tag(event_id: str) -> EventTag:
    """The tag that identifies a repeated event id."""
    return hashlib.blake2b(event_id.encode(), digest_size=8).digest()[:EVENT_TAG_BYTES]


def pseudonym(user_id: str, secret: bytes) -> Pseudonym:
    """The user's pseudonym under a secret key. Source: RFC 2104 (HMAC), truncated as its section 5 allows."""
    return hmac.digest(secret, user_id.encode(), "sha256")[:PSEUDONYM_BYTES]
