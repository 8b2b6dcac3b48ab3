"""The deployed stack as the tests of this folder use it: through its API, with a look behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from millstream.domain.log.positions import Position, parse_position
from millstream_tools.cloud.local.cloud import POLLER_CHECKPOINTS, Cloud, start_poller
from millstream_tools.cloud.local.process import GuardedProcess
from millstream_tools.ops import stack
from tests.e2e.stream import Stream
from tests.e2e.wire import Answer, Wire
from tests.integration.local_cloud.waiting import eventually

MAX_WINDOW = 0.2
"""Seconds for which the poller waits for company, in place of the archive's ten."""


@dataclass
class Stack:
    """One deployed stack for the whole session; tests keep apart by their users' names.

    `entered` counts what has been put into the log, by the receipts: events over HTTP, and records that are no events.
    """

    cloud: Cloud
    http: Wire
    stream: Stream
    stores: stack.Stack
    poller: GuardedProcess
    entered: int = 0
    letters: list[dict[str, Any]] = field(default_factory=list)

    def send(self, user: str, *events: object, session: str | None = None) -> Answer:
        """POST /events, counted."""
        body = {"userId": user, "eventList": list(events)} | ({"sessionId": session} if session else {})
        answer = self.http("POST", "/events", body)
        self.entered += len(answer.body.get("accepted", ()))
        return answer

    def accept(self, user: str, *events: dict[str, Any]) -> Position:
        """POST /events that must be accepted whole; its position."""
        answer = self.send(user, *events)
        assert answer.status == 200, answer
        assert answer.body["rejected"] == []
        return parse_position(answer.body["position"])

    def dead_letters(self) -> list[dict[str, Any]]:
        """Every message that the dead-letter queue has had since the session began; takes them out of the queue."""
        queue, url = self.cloud.client("sqs"), self.cloud.deployment.outputs["DeadLettersUrl"]
        while messages := queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self.letters.append(json.loads(message["Body"]))
                queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return self.letters

    def drain(self) -> None:
        """Return when both functions are done with everything that is in the stream now."""
        last = {shard: entries[-1].record.position for shard, entries in self.stream.entries().items() if entries}
        eventually(
            lambda: all(done.get(shard, 0) >= at.sequence_number for done in self._done() for shard, at in last.items())
        )

    @contextmanager
    def undelivered(self) -> Iterator[None]:
        """While it lasts the stream fills and nobody reads it; afterwards the poller goes on where it was."""
        self.poller.stop()
        try:
            yield
        finally:
            self.poller = start_poller(self.cloud.folder, self.cloud.deployment, max_window=MAX_WINDOW)

    def _done(self) -> list[dict[str, int]]:
        """For each mapping, the last sequence number that is done, by shard."""
        checkpoints = json.loads((self.cloud.folder / POLLER_CHECKPOINTS).read_text())
        return [
            {
                # AT is the oldest record that is not done.
                shard: int(position["sequence_number"] or 0) - (position["kind"] == "AT_SEQUENCE_NUMBER")
                for shard, position in shards.items()
            }
            for shards in checkpoints.values()
        ]


def event(item_id: str, event_id: str | None = None, event_type: str = "ItemViewed", **more: Any) -> dict[str, Any]:
    """One event as a client sends it."""
    return {"eventType": event_type, "itemId": item_id} | ({"eventId": event_id} if event_id else {}) | more
