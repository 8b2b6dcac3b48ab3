"""Reading the dead letters ends, however many there are, and whoever else reads them."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from millstream.adapters.aws import sqs_dead_letters
from millstream.adapters.aws.letter_messages import message_of
from millstream.adapters.aws.sqs_dead_letters import SqsDeadLetters
from millstream.application.ports import DeadLetter
from millstream.domain.log.positions import Position
from tests.builders import SHARD


class Queue:
    """A client of a queue whose messages come as `ids` says, ten a call, and which notes what was shown again."""

    def __init__(self, ids: Any) -> None:
        self._ids = iter(ids)
        self.receipts = count(1)
        self.hidden: dict[str, str] = {}

    def receive_message(self, **arguments: Any) -> dict[str, Any]:
        """See boto3."""
        messages = [self._message(number) for _, number in zip(range(10), self._ids, strict=False)]
        return {"Messages": messages} if messages else {}

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> None:  # noqa: N803
        """See boto3."""
        assert len(Entries) <= 10
        for entry in Entries:
            assert entry["VisibilityTimeout"] == 0
            del self.hidden[entry["ReceiptHandle"]]

    def _message(self, number: int) -> dict[str, Any]:
        receipt = f"receipt {next(self.receipts)}"
        self.hidden = {handle: one for handle, one in self.hidden.items() if one != f"m-{number}"}
        self.hidden[receipt] = f"m-{number}"
        body = message_of(DeadLetter(Position(SHARD, number), "no record", b"", "key"))
        return {
            "MessageId": f"m-{number}",
            "ReceiptHandle": receipt,
            "Body": body,
            "Attributes": {"SentTimestamp": "1795305600000"},
        }


def read(queue: Queue) -> list[str]:
    """The positions of the letters that are read."""
    return [held.letter.identity for held in SqsDeadLetters(queue, "https://queue").letters()]


def test_a_queue_that_takes_longer_than_its_messages_are_hidden_is_read_once() -> None:
    """The first ones come back while the last ones are read: those are known, and every one is shown again."""
    queue = Queue([*range(95), *range(40)])
    assert read(queue) == [f"{SHARD}:{number}" for number in range(95)]
    assert queue.hidden == {}


def test_a_queue_without_end_is_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """As much as SQS hides at a time; the rest after these are dealt with."""
    monkeypatch.setattr(sqs_dead_letters, "MOST", 30)
    queue = Queue(count())
    assert len(read(queue)) == 30
    assert queue.hidden == {}
