"""Read files as interactions, with the same result as importing them and reading the log."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from millstream.application.replay.progress import Progress
from millstream.domain.declaration import NOTHING_DECLARED, Declaration
from millstream.domain.log.events import Event
from millstream.domain.log.positions import HISTORY_SHARD, shard_number
from millstream.domain.log.records import Core
from millstream.learning.from_log import HistoryRows
from millstream.learning.interactions import Interactions
from millstream_tools.readers.mapping import ColumnMapping
from millstream_tools.readers.reading import ANY_NUMBER, ReadHistory
from millstream_tools.readers.records import as_records
from millstream_tools.readers.rejects import Reject
from millstream_tools.readers.tally import Tally
from millstream_tools.scratch import scratch_folder

_SECRET = b"of no stack: these pseudonyms name users in one process"
_LATEST_MS = 2**52
"""Later than any event, because models may be fitted on data of any time."""


def read_interactions(
    files: Sequence[Path],
    mapping: ColumnMapping,
    progress: Progress,
    refuse: Callable[[Reject], None],
    declared: Declaration = NOTHING_DECLARED,
) -> tuple[Interactions, Tally]:
    """The events of files in the order of an import, folded like the log. Calls `refuse` with each rejected row.

    Raises ImportingError, OSError.
    """
    rows = HistoryRows()
    shard = shard_number(HISTORY_SHARD)
    with scratch_folder("read") as folder:
        history = ReadHistory(mapping, _SECRET, progress, refuse, ANY_NUMBER, declared)(files, _LATEST_MS, folder)
        for number, record in enumerate(as_records(history.rows), start=1):
            cores = [_core(event) for event in record.events]
            fresh = rows.fold(record.subject, (shard, number), cores, record.attributes)
            item_ids = [event.item_id for event in record.events]
            attributes = [event.attributes for event in record.events]
            rows.add(record.subject, record.recorded_at_ms, cores, fresh, item_ids, attributes)
    return rows.interactions(timed=mapping.timed), history.tally


def _core(event: Event) -> Core:
    value = math.nan if event.value is None else event.value
    return event.item_key, event.tag, event.occurred_at_ms, value, int(event.kind)
