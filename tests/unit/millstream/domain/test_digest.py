from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from millstream.domain.log.events import Event
from millstream.domain.log.kinds import EventKind
from millstream.domain.views import trend_row, user_row
from millstream.domain.views.digest import BITS, Digest
from tests.builders import NOW_MS, SHARD, cores, state_of, subject, trend_of, views

USERS = st.dictionaries(st.sampled_from(["ann", "bob", "cem", "dee"]), st.sampled_from(["lamp", "vase", "desk"]))


def row(item: str) -> bytes:
    """The row of a user who has seen one item."""
    return user_row.pack(state_of(views(item)))


def digest_of(users: dict[str, str]) -> Digest:
    """Of users who have each seen one item, met in this order."""
    digest = Digest()
    for user, item in users.items():
        digest.add_user(subject(user), row(item))
    return digest


@given(USERS)
def test_the_order_of_rows_does_not_matter(users: dict[str, str]) -> None:
    """Nor how they are divided."""
    turned = dict(reversed(users.items()))
    assert str(digest_of(users)) == str(digest_of(turned))
    halves = Digest()
    for user, item in users.items():
        halves.add(digest_of({user: item}))
    assert (halves.value, halves.rows) == (digest_of(users).value, len(users))


@given(USERS, USERS)
def test_other_rows_have_another_digest(users: dict[str, str], others: dict[str, str]) -> None:
    """As far as a test can see."""
    assert (str(digest_of(users)) == str(digest_of(others))) == (users == others)


def test_a_row_is_replaced_without_looking_at_the_others() -> None:
    """What keeps a digest cheap."""
    digest = digest_of({"ann": "lamp", "bob": "lamp"})
    digest.remove_user(subject("bob"), row("lamp"))
    digest.add_user(subject("bob"), row("vase"))
    assert str(digest) == str(digest_of({"ann": "lamp", "bob": "vase"}))


def test_whose_row_it_is_counts() -> None:
    """The same content under another key is another row."""
    assert str(digest_of({"ann": "lamp"})) != str(digest_of({"bob": "lamp"}))


def test_the_row_of_an_erased_user_counts_for_nothing() -> None:
    """As if there were none."""
    state = state_of(views("lamp"))
    state.fold(0, 9, cores(Event(EventKind.UserErased, "e", None, NOW_MS, None, {})))
    digest = digest_of({"ann": "lamp"})
    digest.add_user(subject("bob"), user_row.pack(state))
    assert (str(digest), digest.rows) == (str(digest_of({"ann": "lamp"})), 1)


def test_how_far_a_shard_was_read_does_not_count_but_what_is_known_of_its_items_does() -> None:
    """Two logs that say the same of the items have the same digest."""
    said: list[str] = []
    for trend in (trend_of(views("lamp")), trend_of(views("lamp")), trend_of(views("vase"))):
        trend.sequence += len(said)
        digest = Digest()
        digest.add_trend(SHARD, trend_row.pack(trend))
        said.append(str(digest))
    assert said[0] == said[1] != said[2]


def test_the_digest_of_one_row_is_what_the_module_says() -> None:
    """A digest that was written down somewhere stays comparable: this one may never change."""
    digest = Digest()
    digest.add_user(bytes(16), row("lamp"))
    expected = hashlib.blake2b(b"\x10" + bytes(16) + row("lamp"), digest_size=BITS // 8, person=b"user")
    assert str(digest) == expected.hexdigest()
