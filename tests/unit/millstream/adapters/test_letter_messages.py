"""A letter fits into a message, whatever the record was."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from millstream.adapters.aws.letter_messages import LONGEST_DATA, letter_of, message_of
from millstream.application.ports import DeadLetter, UnknownLetter
from millstream.domain.log.positions import Position
from tests.builders import SHARD

LARGEST_MESSAGE = 262_144


def sent(data: bytes) -> tuple[str, dict[str, Any]]:
    """The message that a letter becomes, as text and as what it says."""
    text = message_of(DeadLetter(Position(SHARD, 7), "no record", data, "0011"))
    return text, json.loads(text)


def test_a_letter_says_where_what_and_why() -> None:
    """The record comes back from it byte by byte."""
    _, letter = sent(b"\xf5rubbish")
    assert (letter["position"], letter["reason"], letter["bytes"]) == (f"{SHARD}:7", "no record", 8)
    assert base64.b64decode(letter["data"]) == b"\xf5rubbish"


def test_the_largest_record_of_a_stream_fits() -> None:
    """Its beginning travels; its length and its position say that and where there is more."""
    text, letter = sent(bytes(1_048_576))
    assert len(text.encode()) < LARGEST_MESSAGE
    assert (letter["bytes"], len(base64.b64decode(letter["data"]))) == (1_048_576, LONGEST_DATA)
    read = letter_of("m-1", text)
    assert isinstance(read, DeadLetter)
    assert (len(read.data), read.missing_bytes) == (LONGEST_DATA, 1_048_576 - LONGEST_DATA)


def test_a_letter_of_an_early_version_is_read_too() -> None:
    """It kept no partition key."""
    read = letter_of("m-1", json.dumps({"reason": "why", "position": f"{SHARD}:7", "bytes": 1, "data": "9Q=="}))
    assert read == DeadLetter(Position(SHARD, 7), "why", b"\xf5", None, 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "{}",
        '{"KinesisBatchInfo": 7}',
        '{"KinesisBatchInfo": {}, "requestContext": {"functionArn": "short"}}',
        json.dumps({"reason": "why", "position": "nowhere", "bytes": 1, "data": ""}),
        json.dumps({"reason": "why", "position": f"{SHARD}:7", "bytes": "1", "data": ""}),
        json.dumps({"reason": "why", "position": f"{SHARD}:7", "bytes": 1, "data": "💡"}),
    ],
)
def test_what_is_no_letter_is_kept_as_it_is(text: str) -> None:
    """A person will have to look at it; the reader goes on."""
    assert letter_of("m-1", text) == UnknownLetter("m-1", text)
