"""Kinesis's refusals: what is tried again, in which order, and that nothing is taken for stored that is not.

The client is one that answers as a test says; the contract suite runs the same adapter against real streams.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from millstream.adapters.aws.kinesis_event_log import BYTES_A_CALL, RECORDS_A_CALL, KinesisEventLog
from millstream.application.ports import Budget, NotAllStoredError
from millstream.domain.errors import MillstreamError, UnavailableError
from millstream.domain.log.positions import Position
from tests.builders import SHARD
from tests.hourglass import Hourglass

THROTTLED = "ProvisionedThroughputExceededException"
LOST = ReadTimeoutError(endpoint_url="https://kinesis")


def error(code: str, status: int = 400) -> ClientError:
    """A call's refusal as a whole."""
    response: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PutRecords")


class Stream:
    """A client of one shard. Each call meets the next of these fates, and when there are none left it succeeds.

    A fate is the places of the call's records that are refused, or an error of the whole call; with `stored_first` the
    records are stored before the error: the answer was lost on its way back.
    """

    def __init__(self, *fates: frozenset[int] | set[int] | Exception, stored_first: bool = False) -> None:
        self.fates = list(fates)
        self.stored_first = stored_first
        self.code = THROTTLED
        self.stored: list[tuple[str, bytes]] = []
        self.calls: list[list[tuple[str, bytes]]] = []

    def put_record(self, StreamName: str, PartitionKey: str, Data: bytes) -> dict[str, Any]:  # noqa: N803  # AWS's
        """See boto3."""
        return self._answers(StreamName, [(PartitionKey, Data)])[0]

    def put_records(self, StreamName: str, Records: Sequence[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803  # AWS's
        """See boto3."""
        answers = self._answers(StreamName, [(one["PartitionKey"], one["Data"]) for one in Records])
        return {"FailedRecordCount": sum("ErrorCode" in one for one in answers), "Records": answers}

    def _answers(self, stream: str, records: list[tuple[str, bytes]]) -> list[dict[str, Any]]:
        assert stream == "events"
        self.calls.append(records)
        fate = self.fates.pop(0) if self.fates else frozenset()
        if isinstance(fate, Exception):
            if self.stored_first:
                self.stored += records
            raise fate
        return [self._answer(one, refused=place in fate) for place, one in enumerate(records)]

    def _answer(self, record: tuple[str, bytes], *, refused: bool) -> dict[str, Any]:
        if refused:
            return {"ErrorCode": self.code, "ErrorMessage": "slower"}
        self.stored.append(record)
        return {"ShardId": SHARD, "SequenceNumber": str(len(self.stored))}


def log(stream: Stream, glass: Hourglass) -> KinesisEventLog:
    """A log over this stream whose waits are the glass's."""
    return KinesisEventLog(stream, "events", glass.attempts)


def at(*places: int) -> list[Position]:
    """Positions in the shard."""
    return [Position(SHARD, place) for place in places]


@pytest.mark.parametrize("fate", [error(THROTTLED), error("InternalFailure", 500), error("SomethingNew", 503), LOST])
def test_a_record_that_is_refused_for_now_is_appended_later(fate: Exception) -> None:
    """Within the budget."""
    glass, stream = Hourglass(10), Stream(fate, fate)
    assert log(stream, glass).append("ann", b"1", glass) == Position(SHARD, 1)
    assert (stream.stored, len(glass.waits)) == ([("ann", b"1")], 2)


def test_a_record_that_is_refused_to_the_end_is_unavailable() -> None:
    """Not one attempt is made when the budget is over."""
    glass, stream = Hourglass(1), Stream(*[error(THROTTLED)] * 100)
    with pytest.raises(UnavailableError, match=f"append to stream events: .*{THROTTLED}"):
        log(stream, glass).append("ann", b"1", glass)
    assert not stream.stored
    assert sum(glass.waits) <= 1


def test_a_record_whose_answer_was_lost_may_lie_there_twice_and_never_not_at_all() -> None:
    """The position is the one that was heard of."""
    glass, stream = Hourglass(10), Stream(LOST, stored_first=True)
    assert log(stream, glass).append("ann", b"1", glass) == Position(SHARD, 2)
    assert stream.stored == [("ann", b"1")] * 2


def test_only_the_refused_records_of_a_call_are_sent_again() -> None:
    """After a wait; every record has the position at which it lies."""
    glass, stream = Hourglass(10), Stream({0, 2}, {1})
    records = [("ann", b"a"), ("bob", b"b"), ("cem", b"c")]
    assert log(stream, glass).append_many(records, glass) == at(2, 1, 3)
    assert stream.calls == [records, [("ann", b"a"), ("cem", b"c")], [("cem", b"c")]]
    assert len(glass.waits) == 2


def test_records_of_one_key_never_travel_in_one_call() -> None:
    """The second could be stored without the first: a refusal does not stop what comes after it."""
    glass, stream = Hourglass(10), Stream({0})
    records = [("ann", b"1"), ("ann", b"2"), ("bob", b"3"), ("ann", b"4")]
    log(stream, glass).append_many(records, glass)
    assert stream.calls == [[("ann", b"1"), ("bob", b"3")], [("ann", b"1")], [("ann", b"2")], [("ann", b"4")]]


def test_records_that_stay_refused_are_named_and_the_others_have_positions() -> None:
    """And nothing is sent that would come before a record of its key."""
    glass, stream = Hourglass(1), Stream({0}, *[frozenset({0})] * 100)
    with pytest.raises(NotAllStoredError, match="2 of 3 records are not known to be stored: append to stream") as told:
        log(stream, glass).append_many([("ann", b"1"), ("bob", b"2"), ("ann", b"3")], glass)
    assert told.value.positions == (None, *at(1), None)
    assert stream.stored == [("bob", b"2")]
    assert THROTTLED in str(told.value)


def test_calls_that_fail_as_a_whole_are_made_again() -> None:
    """A 500, an answer that does not come."""
    glass, stream = Hourglass(10), Stream(error("InternalFailure", 500), LOST, {1})
    assert log(stream, glass).append_many([("ann", b"1"), ("bob", b"2")], glass) == at(1, 2)
    assert len(stream.calls) == 4


def test_a_refusal_that_will_not_pass_is_an_error_at_once() -> None:
    """With AWS's word for it; it is not taken for a busy hour."""
    glass, stream = Hourglass(10), Stream({1})
    stream.code = "AccessDeniedException"
    with pytest.raises(MillstreamError, match="append to stream events: AccessDeniedException: slower") as refused:
        log(stream, glass).append_many([("ann", b"1"), ("bob", b"2")], glass)
    assert not isinstance(refused.value, UnavailableError)
    with pytest.raises(ClientError):
        log(Stream(error("ResourceNotFoundException")), glass).append_many([("ann", b"1")], glass)
    assert not glass.waits


def test_a_call_takes_no_more_records_than_kinesis_does() -> None:
    """500."""
    glass, stream = Hourglass(10), Stream()
    log(stream, glass).append_many([(str(number), b"") for number in range(2 * RECORDS_A_CALL + 1)], glass)
    assert [len(call) for call in stream.calls] == [RECORDS_A_CALL, RECORDS_A_CALL, 1]


def test_a_call_takes_no_more_bytes_than_kinesis_does() -> None:
    """Keys count, in UTF-8."""
    glass, stream = Hourglass(10), Stream()
    megabyte = bytes(1_048_576 - 4)
    log(stream, glass).append_many([(f"ä-{number}", megabyte) for number in range(11)], glass)
    assert [len(call) for call in stream.calls] == [5, 5, 1]
    assert all(sum(len(key.encode()) + len(data) for key, data in call) <= BYTES_A_CALL for call in stream.calls)


fates = st.lists(st.frozensets(st.integers(0, 5)) | st.just(error(THROTTLED)) | st.just(LOST), max_size=12)


@given(
    keys=st.lists(st.sampled_from(["ann", "bob", "cem"]), max_size=10),
    fates=fates,
    stored_first=st.booleans(),
    budget_s=st.sampled_from([0, 0.1, 1, 10]),
)
def test_whatever_fails_order_is_kept_and_nothing_is_acknowledged_that_is_not_stored(
    keys: list[str], fates: list[frozenset[int] | Exception], stored_first: bool, budget_s: float
) -> None:
    """Of each key the log holds a beginning of its records, in order, at most repeating one directly behind itself."""
    glass, stream = Hourglass(budget_s), Stream(*fates, stored_first=stored_first)
    records = [(key, b"%d" % number) for number, key in enumerate(keys)]
    positions = acknowledged(log(stream, glass), records, glass)
    for record, position in zip(records, positions, strict=True):
        assert position is None or stream.stored[position.sequence_number - 1] == record
    sent, stored = defaultdict(list), defaultdict(list)
    for key, data in records:
        sent[key].append(data)
    for key, data in stream.stored:
        if stored[key][-1:] != [data]:
            stored[key].append(data)
    assert all(in_log == sent[key][: len(in_log)] for key, in_log in stored.items())


def acknowledged(
    log: KinesisEventLog, records: Sequence[tuple[str, bytes]], budget: Budget
) -> Sequence[Position | None]:
    """What the log says about each record."""
    try:
        return log.append_many(records, budget)
    except NotAllStoredError as error:
        return error.positions
