"""Let the views follow the history: rebuild them, and drop versions that nothing reads any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from millstream.application.collect.import_history import head_of
from millstream.application.ports import Head, ImportEntry, ViewVersion
from millstream.application.replay.plan import described
from millstream.application.replay.progress import Progress
from millstream_tools.ops import replays
from millstream_tools.ops.stack import Stack


class Behind(NamedTuple):
    """The numbers of the imports that the serving views do not follow: not in them yet; void, and still in them."""

    missing: tuple[int, ...]
    void: tuple[int, ...]

    @property
    def numbers(self) -> frozenset[int]:
        """All of them."""
        return frozenset((*self.missing, *self.void))


def views_behind(stack: Stack) -> Behind:
    """What the serving views of a stack do not follow. Raises UnavailableError."""
    views = stack.views()
    return behind(described(views, views.serving()), stack.imports().entries(), stack.archive().heads())


def behind(version: ViewVersion, entries: Sequence[ImportEntry], heads: Mapping[str, Head]) -> Behind:
    """What a version of the views does not follow, by what it read when it was built.

    An import without a head has no records, is not complete, or is of an earlier version of the code, which rebuilt.
    """
    missing, void = [], []
    for entry in entries:
        name = head_of(entry.number)
        if entry.void and name in version.imports:
            void.append(entry.number)
        elif not entry.void and name in heads and not version.has_read(name, heads[name].last):
            missing.append(entry.number)
    return Behind(tuple(missing), tuple(void))


def rebuild_views(stack: Stack, progress: Progress) -> dict[int, int]:
    """Rebuild the views; drop all versions but the new one and the one that it replaced.

    Returns the number of deleted rows by version. The replaced version stays because functions that are running may
    still read it. Raises UnavailableError, ConflictError.
    """
    # Afresh: an interrupted earlier rebuild read the archive before this history was in it.
    replays.rebuild(stack, progress, afresh=True)
    views = stack.views()
    rebuilt = [one.number for one in views.versions() if not one.dropped and one.number <= views.serving()]
    dropped = {}
    for number in rebuilt[:-2]:
        with progress(f"Dropping view {number}", None) as advance:
            dropped[number] = 0
            for deleted in views.drop(number):
                advance(deleted - dropped[number])
                dropped[number] = deleted
    return dropped
