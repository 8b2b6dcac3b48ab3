"""Dead letters in an SQS queue, each with the reason, the position and the stored record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from millstream.adapters.aws.aws_errors import translate_aws_errors
from millstream.adapters.aws.backoff import Attempts, attempts, retried
from millstream.adapters.aws.letter_messages import letter_of, message_of
from millstream.application.ports import UNHURRIED, Budget, DeadLetter, HeldLetter

MESSAGES_A_CALL = 10
HIDDEN_S = 300
"""How long a message is hidden from other readers while the queue is read; it is released afterwards."""

MOST = 100_000
"""Letters read at a time; SQS hides at most 120,000 messages of a queue.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
"""

WAIT_S = 1
"""Long polling asks all servers of the queue; short polling may miss messages.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
"""


class SqsDeadLetters:
    """DeadLetters over one queue; a handle is the receipt of the message."""

    def __init__(self, client: Any, queue_url: str, attempts_in: Attempts = attempts) -> None:
        self._client = client
        self._queue_url = queue_url
        self._attempts = attempts_in

    def send(self, letter: DeadLetter, budget: Budget = UNHURRIED) -> None:
        """See DeadLetters."""
        retried(
            "send to the dead-letter queue",
            lambda: self._client.send_message(QueueUrl=self._queue_url, MessageBody=message_of(letter)),
            budget,
            self._attempts,
        )

    def letters(self) -> Iterator[HeldLetter]:
        """See DeadLetters; at most MOST. Ends when a receive gives no messages, or known ones."""
        handles: dict[str, str] = {}
        try:
            while len(handles) < MOST and (messages := self._receive()):
                new = [message for message in messages if message["MessageId"] not in handles]
                handles |= {message["MessageId"]: message["ReceiptHandle"] for message in messages}
                yield from map(_held, new)
                if not new:
                    return
        finally:
            self._show_again(list(handles.values()))

    def remove(self, handle: str) -> None:
        """See DeadLetters."""
        gone = self._client.exceptions.ReceiptHandleIsInvalid
        with translate_aws_errors("delete from the dead-letter queue"), suppress(gone):
            self._client.delete_message(QueueUrl=self._queue_url, ReceiptHandle=handle)

    def _receive(self) -> Sequence[dict[str, Any]]:
        with translate_aws_errors("read the dead-letter queue"):
            answer = self._client.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=MESSAGES_A_CALL,
                VisibilityTimeout=HIDDEN_S,
                WaitTimeSeconds=WAIT_S,
                MessageSystemAttributeNames=["SentTimestamp"],
            )
        messages: Sequence[dict[str, Any]] = answer.get("Messages", ())
        return messages

    def _show_again(self, handles: Sequence[str]) -> None:
        """Release messages. Single failures are harmless: the message was deleted, or reappears in a few seconds."""
        for start in range(0, len(handles), MESSAGES_A_CALL):
            entries = [
                {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                for number, handle in enumerate(handles[start : start + MESSAGES_A_CALL])
            ]
            with translate_aws_errors("release messages of the dead-letter queue"):
                self._client.change_message_visibility_batch(QueueUrl=self._queue_url, Entries=entries)


def _held(message: dict[str, Any]) -> HeldLetter:
    letter = letter_of(message["MessageId"], message["Body"])
    return HeldLetter(letter, int(message["Attributes"]["SentTimestamp"]), message["ReceiptHandle"])
