"""What Kinesis does now and then and no emulator on demand: gaps, throttling, iterators that expire, pages."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest
from botocore.exceptions import ClientError

from millstream.adapters.aws.kinesis_log_reader import KinesisLogReader
from millstream.application.ports import LogShard
from millstream.domain.errors import NotFoundError, UnavailableError
from tests.builders import SHARD
from tests.hourglass import Hourglass

NUMBERS = [10**55 + number for number in range(5)]


def refused(code: str) -> ClientError:
    """An error as boto3 raises it."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetRecords")


class Shard:
    """One shard with NUMBERS, which answers as told: so many records, or an error; at last with all that is left.

    An iterator is the place of the next record. `asked` are the calls: iterators by what they were opened with.
    """

    def __init__(self, *answers: int | ClientError, closed: bool = False) -> None:
        self.answers = list(answers)
        self.closed = closed
        self.asked: list[str] = []

    def get_shard_iterator(self, **arguments: Any) -> dict[str, Any]:
        """See boto3."""
        kind, number = arguments["ShardIteratorType"], arguments.get("StartingSequenceNumber", "")
        self.asked.append(f"{kind} {NUMBERS.index(int(number))}" if number else kind)
        return {"ShardIterator": str(NUMBERS.index(int(number)) + 1 if number else 0)}

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: N803  # AWS's
        """See boto3."""
        self.asked.append(f"read {ShardIterator}")
        answer = self.answers.pop(0) if self.answers else Limit
        if isinstance(answer, ClientError):
            raise answer
        first = int(ShardIterator)
        end = min(first + answer, len(NUMBERS))
        records = [{"SequenceNumber": str(n), "PartitionKey": "key", "Data": b"%d" % n} for n in NUMBERS[first:end]]
        result = {"Records": records, "MillisBehindLatest": 0 if end == len(NUMBERS) else 1_000}
        if not (self.closed and end == len(NUMBERS)):
            result["NextShardIterator"] = str(end)
        return result


def numbers_read(reader: KinesisLogReader, after: int | None = None) -> list[int]:
    """The sequence numbers that come."""
    return [one.position.sequence_number for one in chain.from_iterable(reader.read_after(SHARD, after))]


def test_an_empty_answer_is_not_the_end() -> None:
    """ "It might take multiple calls to get to a portion of the shard that contains records."

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
    """
    shard = Shard(0, 2, 0, 0, 1)
    assert numbers_read(KinesisLogReader(shard, "stream")) == NUMBERS


def test_one_iterator_leads_through_the_whole_shard() -> None:
    """Each answer brings the next one, and nothing is read once more to see that there is nothing."""
    shard = Shard(2, 2)
    assert numbers_read(KinesisLogReader(shard, "stream")) == NUMBERS
    assert shard.asked == ["TRIM_HORIZON", "read 0", "read 2", "read 4"]


def test_a_closed_shard_ends_where_it_gives_no_further_iterator() -> None:
    """ "If set to null, the shard has been closed and the requested iterator does not return any more data."

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
    """
    assert numbers_read(KinesisLogReader(Shard(3, closed=True), "stream"), NUMBERS[0]) == NUMBERS[1:]


def test_an_expired_iterator_is_opened_again_behind_the_last_record() -> None:
    """ "A shard iterator expires 5 minutes after it is returned to the requester."

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html
    """
    shard = Shard(refused("ExpiredIteratorException"), 2, refused("ExpiredIteratorException"))
    assert numbers_read(KinesisLogReader(shard, "stream")) == NUMBERS
    assert [call for call in shard.asked if "read" not in call] == [
        "TRIM_HORIZON",
        "TRIM_HORIZON",
        "AFTER_SEQUENCE_NUMBER 1",
    ]


def test_a_throttled_read_is_tried_again() -> None:
    """Five reads a second and shard, and the mappings read too.

    https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
    """
    glass = Hourglass(100)
    throttled = refused("ProvisionedThroughputExceededException")
    reader = KinesisLogReader(Shard(throttled, throttled, 2, throttled), "stream", glass, glass.attempts)
    assert numbers_read(reader) == NUMBERS
    assert len(glass.waits) == 3


def test_a_read_that_stays_throttled_is_unavailable() -> None:
    """When the budget is at its end; what was read before has been handed over."""
    glass = Hourglass(3)
    shard = Shard(2, *[refused("ProvisionedThroughputExceededException")] * 1_000)
    batches = KinesisLogReader(shard, "stream", glass, glass.attempts).read_after(SHARD, None)
    assert len(next(batches)) == 2
    with pytest.raises(UnavailableError, match=r"read stream stream: .*ProvisionedThroughput"):
        next(batches)


def test_a_number_that_kinesis_refuses_stands_for_the_beginning() -> None:
    """It expired, or it never was one: what is not newer is left out all the same."""

    class Forgetful(Shard):
        def get_shard_iterator(self, **arguments: Any) -> dict[str, Any]:
            """Knows no numbers."""
            if "StartingSequenceNumber" in arguments:
                raise refused("InvalidArgumentException")
            return super().get_shard_iterator(**arguments)

    assert numbers_read(KinesisLogReader(Forgetful(), "stream"), 7) == NUMBERS
    assert numbers_read(KinesisLogReader(Forgetful(), "stream"), NUMBERS[1]) == NUMBERS[2:]


def test_a_shard_that_goes_while_it_is_read_is_an_error() -> None:
    """Its last records expired: a reader that took this for the end would miss them in silence."""
    shard = Shard(2, refused("ResourceNotFoundException"))
    with pytest.raises(NotFoundError, match="stream stream does not have"):
        numbers_read(KinesisLogReader(shard, "stream"))


def test_what_may_not_be_read_stays_an_error_of_its_own() -> None:
    """A missing permission is not cured by waiting."""
    with pytest.raises(ClientError, match="AccessDenied"):
        numbers_read(KinesisLogReader(Shard(refused("AccessDeniedException")), "stream"))


class PagedStream:
    """Lists its shards one a page, the youngest first."""

    pages = (
        {"ShardId": "shardId-000000000010", "ParentShardId": "shardId-000000000002", "AdjacentParentShardId": SHARD},
        {"ShardId": "shardId-000000000002", "ParentShardId": SHARD},
        {"ShardId": SHARD, "SequenceNumberRange": {"StartingSequenceNumber": "1", "EndingSequenceNumber": "9"}},
    )

    def list_shards(self, StreamName: str = "", NextToken: str = "0") -> dict[str, Any]:  # noqa: N803  # AWS's
        """A token must come alone, as AWS demands."""
        assert bool(StreamName) == (NextToken == "0")
        place = int(NextToken)
        shard = {"SequenceNumberRange": {"StartingSequenceNumber": "1"}, **self.pages[place]}
        more = {"NextToken": str(place + 1)} if place + 1 < len(self.pages) else {}
        return {"Shards": [shard], **more}


def test_shards_of_every_page_come_in_the_order_of_their_numbers() -> None:
    """With their parents; a shard with a last number is closed.

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html
    """
    assert KinesisLogReader(PagedStream(), "stream").shards() == [
        LogShard(SHARD, (), closed=True),
        LogShard("shardId-000000000002", (SHARD,), closed=False),
        LogShard("shardId-000000000010", ("shardId-000000000002", SHARD), closed=False),
    ]
