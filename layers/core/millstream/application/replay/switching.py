"""The last step: a rebuilt version catches up with the stream and starts to serve once it is complete."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from millstream.application.ports import UNHURRIED, Budget, FeatureStore, LogReader, LogRecord, Views, Workspace
from millstream.application.project.project_events import ATTEMPTS, Decoded, fold_into
from millstream.domain.errors import ConflictError, InvalidRecordError, NotDoneError, NotFoundError, UnavailableError
from millstream.domain.log.amendments import Hidden
from millstream.domain.log.positions import shard_number
from millstream.domain.log.records import decode_cores
from millstream.domain.views import trend_row

ROUNDS = 1000
"""How often a version catches up again, after a failed switch, before it gives up."""

CAUGHT_UP = "caught-up.json"


def catch_up(
    reader: LogReader,
    store: FeatureStore,
    reached: Mapping[str, int],
    hidden: Hidden,
    advance: Callable[[int], None],
    budget: Budget = UNHURRIED,
) -> dict[str, int]:
    """Fold the records of the stream after these positions into a version that does not serve yet.

    Returns the last sequence number of each shard, when all is read or the budget ends. Raises UnavailableError; folded
    records are kept, and folding them again changes nothing.
    """
    after = dict(reached)
    for shard in reader.shards():
        for batch in reader.read_after(shard.name, after.get(shard.name)):
            project_into(store, shard.name, batch, hidden)
            after[shard.name] = batch[-1].position.sequence_number
            advance(len(batch))
            if budget.left_s() <= 0:
                # In shard order, so that the records read are a prefix of the log for every user.
                return after
    return after


def project_into(store: FeatureStore, shard: str, batch: Sequence[LogRecord], hidden: Hidden) -> None:
    """Fold one batch, as the projector does. Unreadable records are already dead letters.

    Most conflicts are our own: a write was repeated after a lost response. Folding the batch again resolves them.
    """
    readable = list(_readable(batch, hidden))
    for _ in range(ATTEMPTS):
        with suppress(ConflictError):
            changes, report, unreadable = fold_into(store, shard, readable)
            if unreadable:
                break
            if report.unavailable:
                some = f"{len(report.unavailable)} of {len(changes)} rows of view {store.view}"
                raise UnavailableError(f"{some} were not written")
            if not report.stale:
                return
    raise ConflictError(f"another process writes to view {store.view}")


def switch(
    views: Views,
    reader: LogReader,
    workspace: Workspace,
    serving: int,
    to: int,
    reached: Mapping[str, int],
    hidden: Hidden,
    advance: Callable[[int], None],
    budget: Budget = UNHURRIED,
) -> None:
    """Catch up until nothing is missing, and make `to` the serving version, unless it is.

    Nothing is missing when no trend of the serving version is ahead of the records read. The switch closes these trends
    on condition that they did not change since and no other shard got one, so no projector can write events to the old
    version that the new one lacks. Shards that were closed before they were read need no check: they get no more
    records. The position of an unreadable trend is unknown, so its row must not change while the stream is read again.

    Raises NotDoneError if the budget ends first, ConflictError.
    """
    reached = _caught_up(workspace, reached)
    old, new = views.store(serving), views.store(to)
    unread: dict[str, int] = {}
    for _ in range(ROUNDS):
        if views.serving() == to:
            return
        if budget.left_s() <= 0:
            raise NotDoneError(f"view {to} has not caught up with the stream")
        ended = {shard.name for shard in reader.shards() if shard.closed}
        reached = catch_up(reader, new, reached, hidden, advance, budget)
        workspace.put(CAUGHT_UP, json.dumps(reached).encode())
        if budget.left_s() <= 0:
            continue
        begun = views.shards_begun()
        held = old.read_trends()
        trends = {shard.name: held[shard.name] for shard in reader.shards() if shard.name in held}
        positions = {shard: trend_row.reached(row.data) for shard, row in trends.items()}
        seen, unread = unread, {shard: trends[shard].version for shard, at in positions.items() if at is None}
        if unread != seen or any(at is not None and at > reached.get(shard, -1) for shard, at in positions.items()):
            continue
        closing = {shard: row.version for shard, row in trends.items() if shard not in ended}
        try:
            views.switch(serving, to, closing, begun)
        except ConflictError:
            if (now := views.serving()) not in {serving, to}:
                raise ConflictError(f"view {now} serves, not {serving}") from None
            continue
        return
    raise ConflictError(f"view {to} did not catch up with the stream in {ROUNDS} rounds")


def _caught_up(workspace: Workspace, reached: Mapping[str, int]) -> Mapping[str, int]:
    """The positions that an earlier attempt reached."""
    try:
        return dict(json.loads(workspace.get(CAUGHT_UP)))
    except NotFoundError:
        return reached


def _readable(batch: Sequence[LogRecord], hidden: Hidden) -> list[Decoded]:
    decoded: list[Decoded] = []
    for record in batch:
        try:
            cores = decode_cores(record.data)
        except InvalidRecordError:
            continue
        if not hidden.hides(cores.subject, (shard_number(record.position.shard), record.position.sequence_number)):
            decoded.append((record.position, cores))
    return decoded
