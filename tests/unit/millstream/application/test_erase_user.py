from __future__ import annotations

import pytest

from millstream.adapters.memory import FixedClock
from millstream.adapters.memory.log import MemoryEventLog
from millstream.application.collect.erase_user import EraseUser
from millstream.domain.errors import InvalidInputError
from millstream.domain.log.kinds import EventKind
from millstream.domain.log.records import decode
from tests.builders import NOW_MS, SECRET, subject


def test_the_log_says_who_is_to_be_forgotten() -> None:
    """By pseudonym, under the key of the user's other records: after all of them."""
    log = MemoryEventLog()
    position = EraseUser(log, FixedClock(NOW_MS), SECRET)("ann")
    (stored,) = log.records
    assert (stored.position, stored.partition_key) == (position, subject("ann").hex())
    record = decode(stored.data)
    assert (record.subject, record.recorded_at_ms) == (subject("ann"), NOW_MS)
    assert [one.kind for one in record.events] == [EventKind.UserErased]


@pytest.mark.parametrize("user", ["", "x" * 257, None])
def test_a_user_who_cannot_be_is_refused(user: str) -> None:
    """Before anything is said."""
    log = MemoryEventLog()
    with pytest.raises(InvalidInputError, match="userId"):
        EraseUser(log, FixedClock(NOW_MS), SECRET)(user)
    assert not log.records
