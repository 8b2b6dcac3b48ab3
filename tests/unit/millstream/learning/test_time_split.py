"""One moment cuts all users; what is asked after it, and what may be known."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from millstream.domain.errors import InvalidInputError
from millstream.domain.log.kinds import EventKind
from millstream.learning.evaluation.next_items import next_items_split
from millstream.learning.evaluation.questions import Split
from millstream.learning.evaluation.time_split import Ask, ExcludeInTime, time_split
from millstream.learning.interactions import Ints
from millstream_tools.lab.experiments.source import Source
from tests.unit.tools.lab.made_up import interactions, rows_of

ROWS = interactions(
    ("ann", "a", 1), ("bob", "b", 2), ("ann", "b", 3), ("bob", "c", 4), ("ann", "c", 5),
    ("ann", "d", 6), ("ann", "e", 6), ("cy", "a", 7), ("bob", "b", 8), ("cy", "e", 9),
)  # fmt: skip
"""Half the rows before time 6. Then Ann: d and e at once; Cy, who is new: a, e; Bob: b once more."""


def words(lists: Sequence[Ints]) -> list[str]:
    """Each list of items as one word."""
    return ["".join(ROWS.items[item] for item in items) for items in lists]


def asked(split: Split) -> list[tuple[str, str, str]]:
    """User, history and targets of each question."""
    users = [ROWS.users[user] for user in split.questions.user]
    return list(zip(users, words(split.questions.histories), words(split.questions.targets), strict=True))


def test_nothing_after_the_cut_is_in_the_training_part() -> None:
    """The catalogue stays whole."""
    split = time_split(ROWS, 0.5)
    assert rows_of(split.train) == rows_of(ROWS)[:5]
    assert (split.train.users, split.train.items) == (ROWS.users, ROWS.items)


def test_rows_of_one_time_stand_on_one_side_of_the_cut() -> None:
    """Row 6 of 10 has the time of row 5: both are after it."""
    assert len(time_split(ROWS, 0.6).train) == 5


def test_live_context_has_everything_before_the_row() -> None:
    """Cy's first question has an empty history; d is known when e is asked for."""
    assert asked(time_split(ROWS, 0.5)) == [
        ("ann", "abc", "d"), ("ann", "abcd", "e"), ("cy", "", "a"), ("bob", "bc", "b"), ("cy", "a", "e"),
    ]  # fmt: skip


def test_frozen_context_ends_at_the_cut() -> None:
    """And Cy stays unknown."""
    assert asked(time_split(ROWS, 0.5, live=False)) == [
        ("ann", "abc", "d"), ("ann", "abc", "e"), ("cy", "", "a"), ("bob", "bc", "b"), ("cy", "", "e"),
    ]  # fmt: skip


def test_the_rest_is_one_question_a_user() -> None:
    """All later items are wanted."""
    assert asked(time_split(ROWS, 0.5, ask="rest")) == [("ann", "abc", "de"), ("bob", "bc", "b"), ("cy", "", "ae")]


def test_one_of_every_two_rows_is_asked_for() -> None:
    """The others are still in the live context."""
    assert asked(time_split(ROWS, 0.5, every=2)) == [("ann", "abc", "d"), ("cy", "", "a"), ("cy", "a", "e")]


def test_a_validation_part_ends_where_the_test_begins() -> None:
    """Rows from `until` on are not used."""
    split = time_split(ROWS, 0.5, until=0.8)
    assert asked(split) == [("ann", "abc", "d"), ("ann", "abcd", "e"), ("cy", "", "a")]
    assert len(split.train) == 5


@pytest.mark.parametrize(
    ("ask", "exclude", "expected"),
    [
        ("next", "none", ["", "", "", "", ""]),
        ("next", "history", ["abc", "abcd", "", "bc", "a"]),
        ("next", "same time", ["", "d", "", "", ""]),
        ("next", "session", ["abc", "abcd", "", "bc", "a"]),
        ("next", "purchased", ["", "", "", "", ""]),
        ("rest", "none", ["", "", ""]),
        ("rest", "history", ["abc", "bc", ""]),
    ],
)
def test_what_stays_out_of_the_answers(ask: Ask, exclude: ExcludeInTime, expected: list[str]) -> None:
    """A basket's own lines, all that was shown, or nothing."""
    assert words(time_split(ROWS, 0.5, ask=ask, exclude=exclude).questions.excluded) == expected


def test_the_rules_of_requests_hold_at_the_time_of_each_row() -> None:
    """A session ends at a pause of half an hour; a purchase is excluded for 90 days."""
    rows = interactions(
        ("ann", "a", 0), ("ann", "b", 100), ("ann", "c", 1900), ("ann", "d", 3000), ("ann", "e", 90 * 86400),
        ("ann", "f", 91 * 86400),
    )  # fmt: skip
    kinds = [EventKind.ItemPurchased, *[EventKind.ItemViewed] * 5]
    bought = replace(rows, kind=np.array([int(kind) for kind in kinds]))

    def left_out(exclude: ExcludeInTime) -> list[list[str]]:
        questions = time_split(bought, 0.3, exclude=exclude).questions
        return [[rows.items[item] for item in items] for items in questions.excluded]

    assert left_out("session") == [["a"], [], ["c"], [], []]
    assert left_out("purchased") == [["a"], ["a"], ["a"], ["a"], []]


def test_questions_exclude_what_was_rejected_before_as_a_request_does() -> None:
    """Although no model learns from a rejection, and none is a question."""
    day = 86_400
    rows = interactions(*((user, item, day * at) for at, item in enumerate("abcdefghij") for user in ("ann", "bob")))
    kinds = np.full(len(rows), int(EventKind.ItemViewed))
    kinds[(rows.item == rows.items.index("c")) & (rows.user == rows.users.index("ann"))] = int(EventKind.ItemDisliked)
    questions = next_items_split(replace(rows, kind=kinds)).questions
    left_out = {
        rows.users[user]: [rows.items[item] for item in excluded]
        for user, excluded in zip(questions.user, questions.excluded, strict=True)
    }
    assert left_out == {"ann": ["c"], "bob": []}


def test_the_protocol_says_how_it_cut() -> None:
    """So that a figure can be read without its configuration."""
    split = time_split(ROWS, 0.5, exclude="same time")
    assert split.protocol == (
        "time split at 1970-01-01T00:00:06 UTC (5 rows before, 5 after), next, live context, excluded: same time"
    )


@pytest.mark.parametrize(
    ("field", "options"),
    [
        ("share", {"share": 0.0}),
        ("share", {"share": 0.9, "until": 0.8}),
        ("share", {"share": 0.05}),
        ("every", {"every": 0}),
        ("ask", {"ask": "later"}),
        ("exclude", {"exclude": "basket"}),
        ("exclude", {"ask": "rest", "exclude": "same time"}),
    ],
)
def test_cuts_that_leave_nothing_are_refused(field: str, options: dict[str, object]) -> None:
    """With the name of what is wrong."""
    with pytest.raises(InvalidInputError) as refused:
        time_split(ROWS, **options)  # type: ignore[arg-type]  # the options are of different types
    assert refused.value.field == field


def test_rows_without_times_cannot_be_cut_by_time() -> None:
    """The order of a file says nothing between users."""
    with pytest.raises(InvalidInputError, match="rows with times"):
        time_split(interactions(("ann", "a"), ("bob", "b")), 0.5)


def test_a_target_is_never_in_a_training_part_of_a_later_time() -> None:
    """All training times lie before all question times, in a larger made-up history."""
    draw = np.random.default_rng(3)
    rows = [(f"u{draw.integers(20)}", f"i{draw.integers(30)}", float(t)) for t in np.sort(draw.integers(0, 99, 400))]
    data = interactions(*rows)
    split = time_split(data, 0.7)
    assert split.train.at.max() < data.at[len(split.train)]
    assert len(split.train) + len(split.questions) == 400


@pytest.mark.skipif(
    "MILLSTREAM_DATA" not in os.environ, reason="needs MILLSTREAM_DATA with movielens-100k/ml-100k.inter.gz"
)
def test_two_thirds_of_the_people_after_the_cut_of_movielens_are_new() -> None:
    """192 of 301, counted from the rows beside: who trusts a mean over them measures how a model treats strangers."""
    data = Source("recbole", "movielens-100k/ml-100k.inter.gz").rows(Path(os.environ["MILLSTREAM_DATA"])).interactions
    split = time_split(data, 0.8, ask="rest")
    before, after = data.at < data.at[80_000], data.at >= data.at[80_000]
    assert len(split.train) == before.sum() == 79_999
    later = set(data.user[after].tolist())
    assert len(split.questions) == len(later) == 301
    assert (
        (split.train.user_counts()[split.questions.user] == 0).sum()
        == len(later - set(data.user[before].tolist()))
        == 192
    )
