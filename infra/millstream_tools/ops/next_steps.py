"""The missing steps before a stack recommends from its own events."""

from __future__ import annotations

from collections.abc import Collection

from millstream.application.collect.publish_items import ABOUT_ITEMS
from millstream.application.learn.whole_log import WholeLog
from millstream.domain.errors import InvalidRecordError
from millstream.domain.keys import ItemKey
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.records import decode_cores
from millstream_tools.ops.stack import Stack

_PUBLISHED = (EventKind.ItemPublished, EventKind.ItemRetired)


def next_steps(stack: Stack, items: Collection[ItemKey]) -> list[str]:
    """Messages about unpublished items and a missing model, with the commands to run next.

    Reads the log to find the published items. Raises UnavailableError.
    """
    lines = []
    if unpublished := set(items) - published_items(stack):
        lines.append(
            f"{len(unpublished):,} of {len(set(items)):,} items are not published, and only published items are "
            "recommended: run `millstream catalogue import FILE`"
        )
    if stack.models().champion() is None:
        lines.append("no model serves: run `millstream models fit --from-log --promote`")
    return lines


def published_items(stack: Stack) -> set[ItemKey]:
    """The keys of all items that were ever published, from the log. Raises UnavailableError."""
    found: set[ItemKey] = set()
    for record in WholeLog(stack.archive(), stack.log_reader()).read():
        try:
            decoded = decode_cores(record.data)
        except InvalidRecordError:
            continue
        if decoded.subject == ABOUT_ITEMS:
            found.update(core[0] for core in decoded.cores if core[4] in _PUBLISHED)
    return found
