"""A letter fits into a message, whatever the record was."""

from __future__ import annotations

import base64
import json
from typing import Any

from freshet.adapters.sqs_dead_letters import LONGEST_DATA, SqsDeadLetters
from freshet.application.ports import DeadLetter
from freshet.domain.positions import Position
from tests.builders import SHARD

LARGEST_MESSAGE = 262_144


class Queue:
    """A client that keeps what was sent."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def send_message(self, QueueUrl: str, MessageBody: str) -> dict[str, Any]:  # noqa: N803  # AWS's
        """See boto3."""
        assert QueueUrl == "https://queue"
        self.bodies.append(MessageBody)
        return {}


def sent(data: bytes) -> tuple[str, dict[str, Any]]:
    """The message that a letter becomes, as text and as what it says."""
    queue = Queue()
    SqsDeadLetters(queue, "https://queue").send(DeadLetter(Position(SHARD, 7), "no record", data))
    return queue.bodies[0], json.loads(queue.bodies[0])


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
