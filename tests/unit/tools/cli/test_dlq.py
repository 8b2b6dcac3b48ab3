"""`millstream dlq` over a stack in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from millstream.adapters.memory import FixedClock, MemoryArchive, MemoryDeadLetters
from millstream.adapters.memory.log import MemoryEventLog
from millstream.application.ports import BatchLetter, DeadLetter
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.positions import Position
from millstream.domain.log.records import decode, encode
from millstream_tools.cli import dlq
from millstream_tools.cli.commands import app
from tests.builders import NOW_MS, POISON, SHARD, event, record, subject

GOOD = encode(record("ann", event("lamp", event_id="e-1")))
KNOWN = encode(replace(decode(GOOD), attributes=bytes([0, 7]) + bytes(14)))
FUTURE = KNOWN[:1] + b"\x09" + KNOWN[2:]
NOWHERE = f"{SHARD}:{2**90}"


class Stack:
    """What the commands reach."""

    def __init__(self) -> None:
        self.letters = MemoryDeadLetters(FixedClock(NOW_MS))
        self.log = MemoryEventLog()
        self.memory = MemoryArchive()

    def dead_letters(self) -> MemoryDeadLetters:
        """See millstream_tools.ops.stack."""
        return self.letters

    def event_log(self) -> MemoryEventLog:
        """See millstream_tools.ops.stack."""
        return self.log

    def log_reader(self) -> MemoryEventLog:
        """See millstream_tools.ops.stack."""
        return self.log

    def archive(self) -> MemoryArchive:
        """See millstream_tools.ops.stack."""
        return self.memory

    def output(self, name: str) -> str:
        """See millstream_tools.ops.stack."""
        return f"stack-{name}"

    def poisoned(self, data: bytes) -> str:
        """The position of a record that is dead."""
        position = self.log.append("a key", data)
        self.letters.send(DeadLetter(position, f"no record of [{len(data)}]", data, "a key"))
        return str(position)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack without letters."""
    stack = Stack()
    monkeypatch.setattr(dlq, "open_stack", lambda _: stack)
    return stack


def millstream(*arguments: str, typed: str | None = None) -> Result:
    """Run one command to its end."""
    return CliRunner().invoke(app, ["dlq", *arguments], input=typed)


def said(*arguments: str) -> str:
    """The output of a command that succeeds."""
    result = millstream(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*arguments: str) -> str:
    """The error output of a command that fails."""
    result = millstream(*arguments)
    assert result.exit_code == 1, result.output
    return result.stderr


@pytest.mark.parametrize("command", [("list",), ("redrive", "--all"), ("discard", "--all")])
def test_without_letters_a_command_says_so(stack: Stack, command: tuple[str, ...]) -> None:
    """No error, and no confirmation is asked for."""
    assert said(*command) == "There are no dead letters.\n"


def test_the_list_names_each_letter_once_on_a_line_that_can_be_copied(stack: Stack) -> None:
    """However narrow the terminal, and whatever looks like markup; a batch by its range and the function."""
    position = Position(SHARD, 2**186 - 1)
    for _ in range(2):
        stack.letters.send(DeadLetter(position, "record: expected [red]", bytes(2_000), "a key"))
    stack.letters.keep(BatchLetter("stack-Views", Position(SHARD, 5), Position(SHARD, 9), 4, "Expired", "2026-11-22"))
    heading, *lines = said("list").splitlines()
    assert heading.split() == ["position", "bytes", "times", "first", "seen", "reason"]
    assert [" ".join(line.split()) for line in lines] == [
        f"{SHARD}:5-9/stack-Views 4 records 1 2026-11-22 00:00:00 not delivered to stack-Views: Expired",
        f"{position} 2000 2 2026-11-22 00:00:00 record: expected [red]",
    ]


def test_the_list_for_machines_is_json(stack: Stack) -> None:
    """An empty one too."""
    assert json.loads(said("list", "--json")) == []
    position = stack.poisoned(POISON)
    (letter,) = json.loads(said("list", "--json"))
    assert (letter["position"], letter["bytes"], letter["times"]) == (position, len(POISON), 1)


def test_a_letter_is_shown_with_as_much_as_can_be_read(stack: Stack, tmp_path: Path) -> None:
    """The reason, the first bytes, the events as far as they make sense; its bytes go to a file."""
    position = stack.poisoned(FUTURE)
    text = said("show", position, "--raw", str(tmp_path / "record"))
    assert f"no record of [{len(FUTURE)}]" in text
    assert FUTURE[:4].hex() in text
    assert "first seen     2026-11-22 00:00:00\n" in text
    assert '"itemId": "lamp"' in text
    assert (tmp_path / "record").read_bytes() == FUTURE


def test_of_garbage_the_text_is_shown(stack: Stack) -> None:
    """It often tells who sent it."""
    text = said("show", stack.poisoned(b"<h1>[b]502\n"))
    assert "as text        <h1>[b]502.\n" in text


@pytest.mark.parametrize("command", ["show", "redrive", "discard"])
def test_a_position_that_is_not_held_is_a_clear_error(stack: Stack, command: str) -> None:
    """One line."""
    stack.poisoned(POISON)
    message = refused(command, NOWHERE)
    assert NOWHERE in message
    assert message.count("\n") == 1


def test_a_record_that_still_cannot_be_read_is_refused_with_the_reason(stack: Stack) -> None:
    """The letter stays."""
    position = stack.poisoned(FUTURE)
    assert "record.version: expected a schema version" in refused("redrive", position)
    assert len(json.loads(said("list", "--json"))) == 1


@pytest.mark.parametrize("part", [lambda letter: letter, lambda letter: letter["record"]])
def test_what_show_prints_can_be_repaired_and_redriven(
    stack: Stack, tmp_path: Path, part: Callable[[Any], Any]
) -> None:
    """JSON out, an editor, JSON in: the newest version's bytes, and where they lie now."""
    position = stack.poisoned(FUTURE)
    repaired = tmp_path / "repaired.json"
    repaired.write_text(json.dumps(part(json.loads(said("show", position, "--json")))))
    told = said("redrive", position, "--with", str(repaired))
    again = stack.log.records[-1]
    assert told == f"{position}  now {again.position}\n"
    assert decode(again.data) == decode(GOOD)
    assert again.partition_key == subject("ann").hex()
    assert said("list") == "There are no dead letters.\n"


def test_a_file_of_bytes_is_redriven_as_it_is(stack: Stack, tmp_path: Path) -> None:
    """What was repaired byte by byte."""
    (tmp_path / "record").write_bytes(GOOD)
    said("redrive", stack.poisoned(POISON), "--with", str(tmp_path / "record"))
    assert stack.log.records[-1].data == GOOD


def changed(**fields: Any) -> dict[str, Any]:
    """The JSON of a record of one event, with these fields of the event changed."""
    one = {"kind": "ItemViewed", "eventId": "e", "itemId": "lamp", "occurredAtMs": 1, "value": None, "attributes": {}}
    return {"subject": "00" * 16, "recordedAtMs": 2, "events": [one | fields]}


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        ({}, "events: expected a list of at least one event, got null"),
        ({"record": []}, "record: expected an object, got []"),
        (changed() | {"subject": "ann"}, "subject: expected 32 hexadecimal digits, got 'ann'"),
        (changed() | {"recordedAtMs": -1}, "recordedAtMs: expected milliseconds since 1970-01-01 UTC, got -1"),
        (changed(kind=99), "events[0].kind: expected one of ItemViewed, "),
        (changed(eventId=None), "events[0].eventId: expected a string of 1 to 256 characters, got null"),
        (changed(itemId=7), "events[0].itemId: expected a string of 1 to 256 characters, got 7"),
        (
            changed(occurredAtMs="noon"),
            "events[0].occurredAtMs: expected milliseconds since 1970-01-01 UTC, got 'noon'",
        ),
        (changed(value="free"), "events[0].value: expected a finite number, got 'free'"),
        (changed(attributes=[]), "events[0].attributes: expected an object, got []"),
    ],
)
def test_a_repaired_record_that_is_wrong_is_refused_field_by_field(
    stack: Stack, tmp_path: Path, told: dict[str, Any], complaint: str
) -> None:
    """Nothing is appended, and the letter stays."""
    position = stack.poisoned(POISON)
    (tmp_path / "repaired.json").write_text(json.dumps(told))
    assert complaint in refused("redrive", position, "--with", str(tmp_path / "repaired.json"))
    assert len(stack.log.records) == 1
    assert len(json.loads(said("list", "--json"))) == 1


def test_a_discarded_letter_is_gone_and_the_log_says_so(stack: Stack) -> None:
    """Its record is void."""
    position = stack.poisoned(POISON)
    assert said("discard", position) == f"{position}  discarded\n"
    (voided,) = decode(stack.log.records[-1].data).events
    assert (voided.kind, voided.attributes["position"]) == (EventKind.RecordVoided, position)
    assert said("list") == "There are no dead letters.\n"


def test_all_letters_are_discarded_only_after_a_yes(stack: Stack) -> None:
    """Or with --yes, in a script."""
    for _ in range(3):
        stack.poisoned(POISON)
    assert millstream("discard", "--all", typed="n\n").exit_code == 1
    assert len(stack.letters.held) == 3
    result = millstream("discard", "--all", typed="y\n")
    assert "Discard 3 dead letters?" in result.stdout
    assert result.stdout.count("discarded\n") == 3
    stack.poisoned(POISON)
    assert said("discard", "--all", "--yes").count("discarded\n") == 1
    assert stack.letters.held == {}


def test_one_letter_that_is_refused_does_not_keep_the_others(stack: Stack) -> None:
    """What could be redriven is; the rest is named with its reason, and the status says that there is a rest."""
    bad, good = stack.poisoned(POISON), stack.poisoned(GOOD)
    result = millstream("redrive", "--all", "--yes")
    assert result.exit_code == 1
    assert result.stdout == f"{good}  now {stack.log.records[-1].position}\n"
    assert f"failed: {bad}" in result.stderr
    assert "record: expected at least" in result.stderr
    assert "1 of 2 letters" in result.stderr
    assert [letter["position"] for letter in json.loads(said("list", "--json"))] == [bad]


@pytest.mark.parametrize(
    "arguments", [("redrive",), ("discard",), ("discard", NOWHERE, "--all"), ("redrive", "--all", "--with", "file")]
)
def test_what_to_do_it_to_must_be_clear(stack: Stack, arguments: tuple[str, ...]) -> None:
    """One position or all, and a repaired record for one position."""
    assert millstream(*arguments).exit_code == 2
