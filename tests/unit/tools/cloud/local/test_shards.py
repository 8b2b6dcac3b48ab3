"""Reading shards: parents before children, lost iterators, starting positions, restarts, counts."""

from __future__ import annotations

from pathlib import Path

from millstream_tools.cloud.local.poller.checkpoints import Checkpoints
from millstream_tools.cloud.local.poller.counters import read_status, write_status
from millstream_tools.cloud.local.poller.delivery import LIST_SHARDS_EVERY
from millstream_tools.cloud.local.poller.position import Position
from tests.unit.tools.cloud.local.fakes import World, failing_on


def test_a_child_shard_waits_until_its_parent_is_done() -> None:
    """ "you should, after a reshard, always continue to read data from the parent shards until it is exhausted. Only
    then should you begin reading data from the child shards."

    https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html
    """
    world = World(batch_size=1)
    world.function.handler = failing_on("parent")
    world.put("parent")
    world.stream.split("shardId-0", "shardId-1", "shardId-2")
    world.put("left", shard="shardId-1")
    world.put("right", shard="shardId-2")
    world.pass_time(10)
    assert {text for batch in world.function.batches for text in batch} == {"parent"}
    world.function.handler = failing_on("nothing")
    world.pass_time(10)
    assert world.function.batches[-3] == ["parent"]
    assert sorted(world.function.batches[-2:]) == [["left"], ["right"]]


def test_a_merged_shard_waits_for_both_parents() -> None:
    """A key of either may have older records there.

    https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html
    """
    world = World(batch_size=1)
    world.stream.shards["shardId-1"] = []
    world.function.handler = failing_on("right")
    world.put("left")
    world.put("right", shard="shardId-1")
    world.stream.merge("shardId-0", "shardId-1", "shardId-2")
    world.put("child", shard="shardId-2")
    world.pass_time(10)
    assert {text for batch in world.function.batches for text in batch} == {"left", "right"}
    world.function.handler = failing_on("nothing")
    world.pass_time(10)
    assert world.function.batches[-2:] == [["right"], ["child"]]


def test_a_child_goes_on_when_what_is_left_of_its_parent_is_given_up() -> None:
    """ "Lambda discards the records and continues processing batches from the stream."

    https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    """
    world = World(batch_size=1, maximum_retries=2)
    world.function.handler = failing_on("parent")
    world.put("parent")
    world.stream.split("shardId-0", "shardId-1")
    world.put("child", shard="shardId-1")
    world.pass_time(10)
    assert world.function.batches == [["parent"]] * 3 + [["child"]]
    assert len(world.queue.messages) == 1


def test_the_children_of_a_drained_shard_are_found_at_once() -> None:
    """Its end says that there are some: nobody waits for the next listing."""
    world = World()
    world.put("parent")
    world.pass_time(0.5)
    world.stream.split("shardId-0", "shardId-1")
    world.put("child", shard="shardId-1")
    world.pass_time(0.5)
    assert world.function.batches == [["parent"], ["child"]]


def test_a_shard_that_nobody_announces_is_found_at_the_next_listing() -> None:
    """Every five seconds, whatever else happens."""
    world = World()
    world.pass_time(0.1)
    world.stream.shards["shardId-1"] = []
    world.put("new", shard="shardId-1")
    world.pass_time(LIST_SHARDS_EVERY + 0.5)
    assert world.function.batches == [["new"]]


def test_a_restart_in_the_middle_of_a_reshard_keeps_the_order() -> None:
    """The children wait for what was under way when the poller ended."""
    world = World(batch_size=1)
    world.put("a", "b")
    world.stream.split("shardId-0", "shardId-1")
    world.put("c", shard="shardId-1")
    world.hold = True
    world.pass_time(1)
    world.hold = False
    world.function.handler = failing_on("b")
    world.delivery = world.start(world.delivery.positions)
    world.pass_time(10)
    assert world.function.batches[:3] == [["a"], ["a"], ["b"]]
    assert ["c"] not in world.function.batches
    world.function.handler = failing_on("nothing")
    world.pass_time(10)
    assert world.function.batches[-2:] == [["b"], ["c"]]


def test_a_parent_that_nobody_saw_does_not_let_its_child_overtake_what_is_older() -> None:
    """A stream that drops closed shards may drop a parent between two listings; the grandparent's batch still works."""
    world = World(batch_size=1)
    world.function.handler = failing_on("oldest")
    world.put("oldest")
    world.pass_time(1)
    for parent, child in (("shardId-0", "shardId-1"), ("shardId-1", "shardId-2")):
        world.stream.split(parent, child)
        world.stream.drop(parent)
    world.put("youngest", shard="shardId-2")
    world.pass_time(10)
    assert {text for batch in world.function.batches for text in batch} == {"oldest"}
    world.function.handler = failing_on("nothing")
    world.pass_time(10)
    assert world.function.batches[-2:] == [["oldest"], ["youngest"]]


def test_a_shard_that_vanishes_is_told() -> None:
    """What nobody had read of it is lost, and no silence about that."""
    world = World()
    world.pass_time(1)
    world.stream.split("shardId-0", "shardId-1")
    world.stream.drop("shardId-0")
    world.put("a", shard="shardId-1")
    world.pass_time(1)
    assert world.delivery.counters.last_error == "shardId-0 is gone from the stream, with its unread records"
    assert world.function.batches == [["a"]]


def test_a_shard_that_appears_later_is_read_from_its_beginning() -> None:
    """Also under LATEST: a child's records follow those of a parent that is being read.

    https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html
    """
    world = World(starting_position="LATEST")
    world.pass_time(0.1)
    world.stream.split("shardId-0", "shardId-1")
    world.put("a", shard="shardId-1")
    world.pass_time(10)
    assert world.function.batches == [["a"]]


def test_an_expired_iterator_is_opened_again_where_reading_stopped() -> None:
    """ "A shard iterator expires 5 minutes after it is returned to the requester."

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html
    """
    world = World()
    world.put("a")
    world.pass_time(0.1)
    world.stream.expire_next_iterator = True
    world.put("b")
    world.pass_time(0.5)
    assert world.function.batches == [["a"], ["b"]]


def test_trim_horizon_starts_with_what_is_there_and_latest_with_what_comes() -> None:
    """ "Latest – Process new records that are added to the stream. Trim horizon – Process all records in the stream."

    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    """
    for position, expected in (("TRIM_HORIZON", ["before", "after"]), ("LATEST", ["after"])):
        world = World(starting_position=position)
        world.put("before")
        world.clock.seconds += 1
        world.pass_time(0.5)
        world.put("after")
        world.pass_time(0.5)
        assert [text for batch in world.function.batches for text in batch] == expected


def test_at_timestamp_starts_there() -> None:
    """ "At timestamp – Process records starting from a specific time."

    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    """
    world = World(starting_position="AT_TIMESTAMP", starting_timestamp=1_700_000_005.0)
    world.put("early")
    world.clock.seconds += 10
    world.put("late")
    world.pass_time(0.1)
    assert world.function.batches == [["late"]]


def test_a_restarted_poller_goes_on_where_it_stopped() -> None:
    """ "Lambda keeps track of the last record processed and resumes processing from that point when it's reenabled."

    https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    """
    world = World()
    world.put("a", "b")
    world.pass_time(0.1)
    world.delivery = world.start(world.delivery.positions)
    world.put("c")
    world.pass_time(0.1)
    assert world.function.batches == [["a", "b"], ["c"]]


def test_a_record_that_was_under_way_at_a_stop_comes_again() -> None:
    """ "Lambda event source mappings process each event at least once".

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
    """
    world = World(batch_size=1)
    world.put("a", "b")
    world.hold = True
    world.pass_time(0.1)
    world.hold = False
    world.delivery = world.start(world.delivery.positions)
    world.pass_time(0.1)
    assert world.function.batches == [["a"], ["a"], ["b"]]


def test_a_finished_parent_stays_finished_after_a_restart() -> None:
    """A closed shard that is done is not read again, and its child goes on from its own place."""
    world = World()
    world.put("a")
    world.stream.split("shardId-0", "shardId-1")
    world.put("b", shard="shardId-1")
    world.pass_time(10)
    world.delivery = world.start(world.delivery.positions)
    world.put("c", shard="shardId-1")
    world.pass_time(10)
    assert world.function.batches == [["a"], ["b"], ["c"]]


def test_checkpoints_survive_in_their_file_and_belong_to_one_stream(tmp_path: Path) -> None:
    """A stream that was made anew has new sequence numbers: old positions would skip its records."""
    path = tmp_path / "checkpoints.json"
    positions = {"shardId-0": Position("AFTER_SEQUENCE_NUMBER", "7")}
    Checkpoints(path).save("m", 1.5, positions)
    assert Checkpoints(path).positions("m", 1.5) == positions
    assert Checkpoints(path).positions("m", 2.5) == {}
    assert Checkpoints(path).positions("other", 1.5) == {}


def test_each_record_read_is_delivered_discarded_or_waiting(tmp_path: Path) -> None:
    """The counts add up, and another program reads them back from the status file."""
    world = World(batch_size=2, bisects=True, maximum_retries=1)
    world.function.handler = failing_on("b")
    world.put(*"abcdefg")
    world.pass_time(60)
    counters = world.delivery.counters
    assert (counters.records_read, counters.records_delivered, counters.records_discarded) == (7, 6, 1)
    assert counters.records_waiting == 0
    assert counters.function_errors == 3
    assert counters.last_error == '{"errorMessage": "cannot read b"}'
    write_status(tmp_path / "status.json", [counters], 0.0)
    assert read_status(tmp_path / "status.json") == (counters,)
    assert read_status(tmp_path / "nothing.json") == ()


def test_a_slow_function_is_not_flooded_with_records() -> None:
    """Reading stops when two batches for each lane wait: the stream keeps the rest."""
    world = World(batch_size=2)
    world.hold = True
    world.put(*"abcdefgh")
    world.pass_time(1)
    assert world.delivery.counters.records_read == 4
