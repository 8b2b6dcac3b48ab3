"""The events that this process appended lately: an event id that names another event now is recognised, without a read.

Nothing is read per event, so what another process took is not known here
(docs/decisions/2026-11-30-an-event-id-names-one-event.md).
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict

from millstream.domain.keys import Pseudonym
from millstream.domain.log.events import Event
from millstream.domain.log.submissions import Submission

MOST_TAKEN = 20_000
"""Each is two digests of 8 bytes, about 200 bytes as CPython stores them: 4 MB in all."""

_OF_THE_CALL = "sessionId"
"""No part of an event's content: a client may send a waiting event again in another session."""


class TakenEvents:
    """A digest of the content of each of the latest events, by user and event id; the oldest are forgotten.

    Threads may share it: each step is one atomic operation. Of calls at the same time, none knows the others' events.
    """

    def __init__(self, most: int = MOST_TAKEN) -> None:
        self._most = most
        self._contents: OrderedDict[bytes, bytes] = OrderedDict()

    def checked(self, subject: Pseudonym, submission: Submission) -> Submission:
        """The submission, with the events rejected whose id named another event of this user."""
        others = {
            index
            for index, event in zip(submission.indexes, submission.accepted, strict=True)
            if self._contents.get(_key(subject, event), content := _content(event, submission)) != content
        }
        return submission.without_repeated_ids(others)

    def remember(self, subject: Pseudonym, submission: Submission) -> None:
        """Remember the accepted events of a submission, once the log has them."""
        for event in submission.accepted:
            self._contents[_key(subject, event)] = _content(event, submission)
        while len(self._contents) > self._most:
            self._contents.popitem(last=False)


def _key(subject: Pseudonym, event: Event) -> bytes:
    return hashlib.blake2b(subject + event.event_id.encode(), digest_size=8).digest()


def _content(event: Event, submission: Submission) -> bytes:
    """A digest of what the client sent. Our own time is none of it: the same call has another one when repeated."""
    at_ms = None if event.event_id in submission.untimed else event.occurred_at_ms
    attributes = {name: value for name, value in event.attributes.items() if name != _OF_THE_CALL}
    said = json.dumps([int(event.kind), event.item_id, at_ms, event.value, attributes], sort_keys=True)
    return hashlib.blake2b(said.encode(), digest_size=8).digest()
