"""Let the views follow the history: rebuild them, and drop versions that nothing reads any more."""

from __future__ import annotations

from millstream.application.replay.progress import Progress
from millstream_tools.ops import replays
from millstream_tools.ops.stack import Stack


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
