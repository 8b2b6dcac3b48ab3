"""Dead letters from the stream through the queue to the command line, and back into a user's row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from millstream.application.ports import BatchLetter
from millstream.domain.attributes import joined
from millstream.domain.keys import pseudonym
from millstream.domain.log.amendments import Amendments
from millstream.domain.log.events import EventRecord
from millstream.domain.log.positions import shard_number
from millstream.domain.log.records import decode_cores, encode
from millstream.domain.views import user_row
from millstream_tools.cli import dlq
from millstream_tools.cli.commands import app
from millstream_tools.ops.stack import local_stack
from tests.builders import NOW_MS, views
from tests.contract.test_dead_letters import invocation_record
from tests.e2e.stack import Stack, event
from tests.integration.local_cloud.waiting import eventually

pytestmark = pytest.mark.cloud

GARBAGE = bytes.fromhex("9e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251f86c6a11d0c18e95")


@pytest.fixture(autouse=True)
def _this_cloud(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands reach the stack of this session, and not one that somebody has up."""
    monkeypatch.setattr(dlq, "open_stack", lambda _: local_stack(stack.cloud.deployment))


def millstream(*arguments: str) -> str:
    """What `millstream dlq` prints; it must succeed."""
    done = CliRunner().invoke(app, ["dlq", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def listed() -> dict[str, str]:
    """The reason of every letter, by its position."""
    return {letter["position"]: letter["reason"] for letter in json.loads(millstream("list", "--json"))}


def test_a_dead_letter_is_repaired_and_reaches_its_user_and_another_is_discarded(stack: Stack, tmp_path: Path) -> None:
    """A record of a version to come and garbage: listed, shown, redriven and discarded; then the queue has neither."""
    subject = pseudonym("redriven", stack.stores.secret())
    before, lost, after = views("lamp", "desk", "vase")
    good = [encode(EventRecord(subject, NOW_MS, (one,))) for one in (before, lost, after)]
    known = encode(EventRecord(subject, NOW_MS, (lost,), joined([7, *[0] * 7])))
    future = known[:1] + b"\x09" + known[2:]
    _, *poison, _ = map(str, stack.stream.put(subject.hex(), [good[0], future, GARBAGE, good[2]]))
    version_9, garbage = poison
    stack.entered += 4
    eventually(lambda: set(poison) <= listed().keys())

    assert listed()[garbage] == "record.magic: expected 0xf5, got '0x9e'"
    assert version_9 in millstream("list")
    assert GARBAGE[:4].hex() in millstream("show", garbage)
    shown = json.loads(millstream("show", version_9, "--json"))
    assert shown["reason"].startswith("record.version: expected a schema version")
    assert (shown["record"]["version"], shown["partitionKey"]) == (9, subject.hex())
    assert "vase" not in json.dumps(shown["record"])
    # Whoever else looks at the letters of this session knows these as letters that were there.
    stack.letters += [{"position": position} for position in poison]

    assert millstream("discard", garbage) == f"{garbage}  discarded\n"
    (tmp_path / "repaired.json").write_text(json.dumps(shown["record"]))
    told = millstream("redrive", version_9, "--with", str(tmp_path / "repaired.json"))
    position = told.split("  now ")[1].strip()
    stack.entered += 1

    stack.drain()
    state = user_row.unpack(stack.stores.features().read_user(subject).data)
    assert (state.applied, str(state.position)) == (3, position)
    assert [one.item for one in state.recent()] == [one.item_key for one in (lost, after, before)]
    assert not set(poison) & listed().keys()
    assert {place for _, place in _voided(stack)} >= {int(one.rpartition(":")[2]) for one in poison}


def test_what_still_cannot_be_read_stays_where_it_is(stack: Stack) -> None:
    """Refused with the reason, before anything is written; a position that nobody holds is a clear error."""
    subject = pseudonym("unreadable", stack.stores.secret())
    (position,) = map(str, stack.stream.put(subject.hex(), [GARBAGE]))
    stack.entered += 1
    eventually(lambda: position in listed())
    refused = CliRunner().invoke(app, ["dlq", "redrive", position])
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "record.magic: expected 0xf5, got '0x9e'" in refused.stderr
    assert position in listed()
    unknown = CliRunner().invoke(app, ["dlq", "show", f"{position}1"])
    assert (unknown.exit_code, unknown.stderr) == (1, f"millstream: there is no dead letter {position}1\n")


def _voided(stack: Stack) -> set[tuple[int, int]]:
    """What the log says is void."""
    amendments = Amendments()
    for shard, entries in stack.stream.entries().items():
        for entry in entries:
            if entry.record.data.startswith(b"\xf5\x02"):
                place = (shard_number(shard), entry.record.position.sequence_number)
                amendments.read(place, decode_cores(entry.record.data), entry.record.data)
    return amendments.voided


def test_a_batch_that_the_archivist_did_not_get_is_read_from_the_stream_again(stack: Stack) -> None:
    """Lambda's own letter, about records that the archive has anyway: after the redrive it has them once, as before."""
    for number in range(3):
        stack.accept("given-up", event("lamp", f"given-up-{number}"))
    stack.drain()
    shards = stack.stream.entries()
    log = [entry.record for shard in sorted(shards) for entry in shards[shard]]
    batch = [entry.record for entry in max(shards.values(), key=len)][-3:]
    function = stack.stream.name_of("ArchiveEvents")
    letter = BatchLetter(function, batch[0].position, batch[-1].position, 3, "RecordAgeExpired", "2026-11-22")
    stack.cloud.client("sqs").send_message(
        QueueUrl=stack.cloud.deployment.outputs["DeadLettersUrl"], MessageBody=json.dumps(invocation_record(letter))
    )
    eventually(lambda: letter.identity in listed())
    assert millstream("redrive", letter.identity) == f"{letter.identity}  3 records archived\n"
    assert list(stack.stores.archive().read()) == log
    assert letter.identity not in listed()
