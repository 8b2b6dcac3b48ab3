"""Dead letters in an SQS queue: the reason in words, the position, and the record as it lay in the log."""

from __future__ import annotations

import base64
import json
from typing import Any

from freshet.adapters.aws_errors import unavailable_in_our_words
from freshet.application.ports import DeadLetter

LONGEST_DATA = 150_000
"""Bytes of a record that travel with its letter: a message holds 256 KiB; the position leads to the rest."""


class SqsDeadLetters:
    """DeadLetters over one queue."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, letter: DeadLetter) -> None:
        """See DeadLetters."""
        body = {
            "reason": letter.reason,
            "position": str(letter.position),
            "bytes": len(letter.data),
            "data": base64.b64encode(letter.data[:LONGEST_DATA]).decode(),
        }
        with unavailable_in_our_words("send to the dead-letter queue"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(body, sort_keys=True))
