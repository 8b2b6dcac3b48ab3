"""Splits and merges while events flow: DESIGN law 2 across a change of shards.

AWS's rule, which the poller keeps and the projector's watermarks need: "always continue to read data from the parent
shards until it is exhausted. Only then should you begin reading data from the child shards."

https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html
"""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream_tools.cloud.local.poller.delivery import Delivery
from millstream_tools.cloud.local.poller.shard import Shard
from tests.builders import subject
from tests.property import law
from tests.property.kinesis_in_memory import ReadTrouble
from tests.property.reshards import Append, Hold, Merge, Restart, Split, Step, Trouble, Wait, World, check_resharding

USERS = [f"user-{number}" for number in range(8)]
"""Enough for every quarter of the hash keys."""

appends = st.builds(Append, st.sampled_from(USERS), st.lists(st.integers(0, 30), min_size=1, max_size=5).map(tuple))
reshards = st.builds(Split, st.integers(0, 5)) | st.builds(Merge, st.integers(0, 5))
waits = st.builds(Wait, st.sampled_from([0.1, 0.2, 0.5, 6]))
refusals = st.sampled_from([frozenset(map(subject, some)) for count in (1, 3) for some in combinations(USERS, count)])
troubles = st.one_of(
    st.just(Trouble(throttled=True)),
    st.builds(law.Delivery, calls=st.integers(0, 4), torn=st.integers(0, 3)).map(lambda d: Trouble(delivery=d)),
    st.builds(law.Delivery, refused=refusals).map(lambda d: Trouble(delivery=d)),
)
read_troubles = st.sampled_from(
    [ReadTrouble(code) for code in ("", "ProvisionedThroughputExceededException", "ExpiredIteratorException")]
)
interruptions = (
    troubles | troubles | read_troubles | st.builds(Hold, on=st.booleans()) | st.builds(Restart, crash=st.booleans())
)


@st.composite
def scenes(draw: st.DrawFn) -> list[Step]:
    """Events, a reshard, events of the same users, and what interrupts: most of it while records are under way."""
    before = draw(st.lists(appends, min_size=1, max_size=4))
    after = [Append(one.user, tuple(number + 100 for number in one.numbers)) for one in before]
    around: list[Step] = draw(st.lists(interruptions | waits, max_size=4))
    return [*before, *draw(st.lists(waits, max_size=1)), draw(reshards), *around, *after, draw(waits)]


@given(st.lists(scenes(), min_size=1, max_size=8).map(lambda parts: list(chain.from_iterable(parts))))
def test_resharding_changes_no_row(steps: list[Step]) -> None:
    """Whatever is split and merged, whatever fails, and wherever the poller is killed in the middle of it."""
    check_resharding(steps)


SPLIT_WHILE_UNDER_WAY: list[Step] = [
    *(Append(user, tuple(range(8))) for user in USERS),
    Split(0),
    *(Append(user, tuple(range(8, 12))) for user in USERS),
    Wait(0.3),
]
MERGED_WHILE_THE_SECOND_PARENT_WORKS: list[Step] = [
    Append("user-1", tuple(range(3))),
    Append("user-0", tuple(range(12))),
    Merge(0),
    Append("user-0", (12, 13)),
    Append("user-1", (3,)),
    Wait(0.5),
]
LAST_BATCH_FAILS: list[Step] = [
    *(Append(user, (0,)) for user in USERS),
    Split(0),
    Split(2),
    *[Trouble(throttled=True)] * 2,
    *(Append(user, (1,)) for user in USERS),
    Wait(0.1),
]


def broken(steps: list[Step]) -> World:
    """A world in which these steps were played to their end."""
    world = World()
    world.play(steps)
    world.settle()
    return world


@pytest.mark.parametrize("steps", [SPLIT_WHILE_UNDER_WAY, MERGED_WHILE_THE_SECOND_PARENT_WORKS, LAST_BATCH_FAILS])
def test_the_unbroken_poller_passes(steps: list[Step]) -> None:
    """What fails below fails because of what is broken there."""
    check_resharding(steps)


def test_it_fails_without_parents_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's row that has folded the child's events takes the parent's for old: they are lost."""
    monkeypatch.setattr(Delivery, "_readable", lambda delivery: list(delivery.shards.values()))
    world = broken(SPLIT_WHILE_UNDER_WAY)
    with pytest.raises(AssertionError, match="before its parent"):
        world.check_order()
    with pytest.raises(AssertionError, match="not those of a clean fold"):
        world.check_rows()


def test_it_fails_when_a_merge_waits_for_one_parent_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other parent's users lose what was still in it."""
    is_done = Delivery._is_done
    neighbour = "shardId-000000000001"
    monkeypatch.setattr(Delivery, "_is_done", lambda delivery, parent: parent == neighbour or is_done(delivery, parent))
    check_resharding(SPLIT_WHILE_UNDER_WAY)
    world = broken([Append("user-1", (0,)), *MERGED_WHILE_THE_SECOND_PARENT_WORKS])
    with pytest.raises(AssertionError, match="before its parent"):
        world.check_order()


def test_it_fails_when_a_parent_counts_as_done_once_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last batch may still fail."""
    monkeypatch.setattr(Delivery, "_is_done", lambda delivery, parent: delivery.shards[parent].ended)
    world = broken(LAST_BATCH_FAILS)
    with pytest.raises(AssertionError, match="before its parent"):
        world.check_order()


def test_it_fails_when_a_restart_goes_on_behind_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records that were read and not done would never come again."""
    monkeypatch.setattr(Shard, "resume_at", property(lambda shard: shard.position))
    with pytest.raises(AssertionError, match="not delivered"):
        broken([Hold(on=True), *SPLIT_WHILE_UNDER_WAY, Restart(crash=True)])
