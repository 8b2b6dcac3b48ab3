from __future__ import annotations

import base64
import json

import pytest

from freshet.adapters.memory import MemoryDeadLetters
from freshet.adapters.sqs_dead_letters import SqsDeadLetters
from freshet.application.ports import DeadLetters
from tests.contract.dead_letters_suite import DeadLettersSuite
from tests.contract.places import Place

Kept = set[tuple[str, str, bytes]]


class TestMemoryDeadLetters(DeadLettersSuite):
    @pytest.fixture
    def letters(self) -> DeadLetters:
        """In memory."""
        return MemoryDeadLetters()

    def kept(self, letters: DeadLetters) -> Kept:
        """Its dictionary."""
        assert isinstance(letters, MemoryDeadLetters)
        return {(str(one.position), one.reason, one.data) for one in letters.letters.values()}


class SqsSuite(DeadLettersSuite):
    """Received until the queue is empty."""

    def kept(self, letters: DeadLetters) -> Kept:
        """What the messages say."""
        assert isinstance(letters, SqsDeadLetters)
        kept: Kept = set()
        while messages := letters._client.receive_message(QueueUrl=letters._queue_url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for body in (json.loads(message["Body"]) for message in messages):
                kept.add((body["position"], body["reason"], base64.b64decode(body["data"])))
        return kept


class TestSqsDeadLettersOnMoto(SqsSuite):
    @pytest.fixture
    def letters(self, moto: Place) -> DeadLetters:
        """A queue in moto."""
        return SqsDeadLetters(moto.client("sqs"), moto.queue())


@pytest.mark.cloud
class TestSqsDeadLettersInTheLocalCloud(SqsSuite):
    @pytest.fixture
    def letters(self, local: Place) -> DeadLetters:
        """A queue in the local cloud."""
        return SqsDeadLetters(local.client("sqs"), local.queue())
