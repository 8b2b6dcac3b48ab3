"""The version of the fold code: a hash that changes whenever the result of a fold might."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

FOLD_MODULES = (
    "attributes",
    "formats",
    "keys",
    "log.amendments",
    "log.events",
    "log.kinds",
    "log.positions",
    "log.records",
    "log.upcasting",
    "views.decay",
    "views.pauses",
    "views.tastes",
    "views.trend",
    "views.trend_row",
    "views.user_row",
    "views.user_row_1",
    "views.user_state",
)
"""The modules of `millstream.domain` that determine views, features and rows."""

_HASH_BYTES = 16


@cache
def fold_code() -> str:
    """BLAKE2b of the sources of FOLD_MODULES, in hex.

    Comments are included: an unnecessary change of the hash costs a rebuild, a missing one gives wrong views.
    """
    digest = hashlib.blake2b(digest_size=_HASH_BYTES)
    for name in FOLD_MODULES:
        source = (files("millstream.domain") / f"{name.replace('.', '/')}.py").read_bytes()
        digest.update(f"{name} {len(source)}\n".encode() + source)
    return digest.hexdigest()
