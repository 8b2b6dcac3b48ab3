from __future__ import annotations

import json
from typing import Any

import pytest

from millstream.adapters.aws import sqs_dead_letters
from millstream.adapters.aws.sqs_dead_letters import SqsDeadLetters
from millstream.adapters.memory import MemoryDeadLetters
from millstream.application.ports import BatchLetter, DeadLetters, UnknownLetter
from tests.contract.dead_letters_suite import DeadLettersSuite
from tests.contract.places import Place


class TestMemoryDeadLetters(DeadLettersSuite):
    @pytest.fixture
    def letters(self) -> DeadLetters:
        """In memory."""
        return MemoryDeadLetters()

    def lay(self, letters: DeadLetters, letter: BatchLetter | str) -> None:
        """Kept as it is."""
        assert isinstance(letters, MemoryDeadLetters)
        letters.keep(UnknownLetter("1", letter) if isinstance(letter, str) else letter)


class SqsSuite(DeadLettersSuite):
    """Others send to the queue too."""

    def lay(self, letters: DeadLetters, letter: BatchLetter | str) -> None:
        """As a message of its own."""
        assert isinstance(letters, SqsDeadLetters)
        text = letter if isinstance(letter, str) else json.dumps(invocation_record(letter))
        letters._client.send_message(QueueUrl=letters._queue_url, MessageBody=text)


class TestSqsDeadLettersOnMoto(SqsSuite):
    @pytest.fixture
    def letters(self, moto: Place, monkeypatch: pytest.MonkeyPatch) -> DeadLetters:
        """A queue in moto, which has no second server to wait for."""
        monkeypatch.setattr(sqs_dead_letters, "WAIT_S", 0)
        return SqsDeadLetters(moto.client("sqs"), moto.queue())


@pytest.mark.cloud
class TestSqsDeadLettersInTheLocalCloud(SqsSuite):
    @pytest.fixture
    def letters(self, local: Place) -> DeadLetters:
        """A queue in the local cloud."""
        return SqsDeadLetters(local.client("sqs"), local.queue())


def invocation_record(letter: BatchLetter) -> dict[str, Any]:
    """What Lambda sends.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    return {
        "requestContext": {
            "requestId": "c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5",
            "functionArn": f"arn:aws:lambda:us-east-2:123456789012:function:{letter.function}:$LATEST",
            "condition": letter.reason,
            "approximateInvokeCount": 1,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2026-11-22T00:38:06.021Z",
        "KinesisBatchInfo": {
            "shardId": letter.first.shard,
            "startSequenceNumber": str(letter.first.sequence_number),
            "endSequenceNumber": str(letter.last.sequence_number),
            "approximateArrivalOfFirstRecord": f"{letter.arrived_on}T00:38:04.835Z",
            "approximateArrivalOfLastRecord": f"{letter.arrived_on}T00:38:05.580Z",
            "batchSize": letter.records,
            "streamArn": "arn:aws:kinesis:us-east-2:123456789012:stream/mystream",
        },
    }
