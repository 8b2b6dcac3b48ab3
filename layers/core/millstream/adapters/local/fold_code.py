"""Which code folded: a hash that changes whenever the meaning of a log might have."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

FOLD_MODULES = (
    "formats",
    "keys",
    "log.amendments",
    "log.events",
    "log.kinds",
    "log.positions",
    "log.records",
    "log.upcasting",
    "views.decay",
    "views.tastes",
    "views.trend",
    "views.trend_row",
    "views.user_row",
    "views.user_row_1",
    "views.user_state",
)
"""The modules of `millstream.domain` that decide what an event does to a view or a feature, and a row's bytes."""

_HASH_BYTES = 16


@cache
def fold_code() -> str:
    """BLAKE2b of the sources of FOLD_MODULES, in hex.

    Of the bytes as they are, comments too: a hash that changes without need costs a rebuild, the other error a lie.
    """
    digest = hashlib.blake2b(digest_size=_HASH_BYTES)
    for name in FOLD_MODULES:
        source = (files("millstream.domain") / f"{name.replace('.', '/')}.py").read_bytes()
        digest.update(f"{name} {len(source)}\n".encode() + source)
    return digest.hexdigest()
