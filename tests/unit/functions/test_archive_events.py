"""A Kinesis batch as Lambda delivers it to the archivist."""

from __future__ import annotations

import base64

import pytest

from functions.stream.archive_events import app
from millstream.adapters.memory import MemoryArchive
from millstream.application.collect.archive_events import ArchiveEvents
from millstream.domain.errors import UnavailableError
from tests.unit.functions.lambda_events import CONTEXT, sample

BATCH = sample("aws/kinesis/batch.json")


def test_a_batch_is_archived_record_by_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes, keys and positions as they came, under the UTC days on which Kinesis took them in."""
    archive = MemoryArchive()
    monkeypatch.setattr(app, "archive_events", lambda: ArchiveEvents(archive))
    assert app.handler(BATCH, CONTEXT) == {"batchItemFailures": []}
    came = [one["kinesis"] for one in BATCH["Records"]]
    assert [(one.position.shard, str(one.position.sequence_number)) for one in archive.read()] == [
        ("shardId-000000000003", one["sequenceNumber"]) for one in came
    ]
    assert [one.data for one in archive.read()] == [base64.b64decode(one["data"]) for one in came]
    assert [one.partition_key for one in archive.read()] == [one["partitionKey"] for one in came]
    assert sorted(name.split("/")[0] for name in archive.objects) == ["2026-11-21", "2026-11-22"]


@pytest.mark.filterwarnings("ignore:No application metrics")
def test_a_batch_that_could_not_be_archived_fails_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda delivers it again; storing part of it twice is harmless."""

    def unavailable(*_: object) -> None:
        raise UnavailableError("no bucket")

    monkeypatch.setattr(app, "archive_events", lambda: unavailable)
    with pytest.raises(UnavailableError):
        app.handler(BATCH, CONTEXT)
