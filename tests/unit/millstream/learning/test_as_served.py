from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from millstream.domain.attributes import UNKNOWN
from millstream.domain.keys import ItemKey, item_key
from millstream.domain.slates.slate import Candidate, Source
from millstream.domain.views.user_state import RECENT_EVENTS
from millstream.learning.evaluation.as_served import AsServed, answers_of, on_card
from millstream.learning.evaluation.questions import Split
from tests.unit.tools.lab.made_up import interactions, ints, questions

ITEMS = [f"item {number}" for number in range(200)]


class Remembering:
    """A scorer that gives the items of an answer, and remembers what it was told."""

    version = "remembering"

    exclude_seen = None

    def __init__(self, tail_items: int, *answer: int) -> None:
        self.tail_items = tail_items
        self.answer = [item_key(ITEMS[number]) for number in answer]
        self.told: tuple[list[ItemKey], set[ItemKey], int] = ([], set(), 0)
        self.knew: list[list[int]] = []

    def recommend(
        self, tail: Sequence[ItemKey], excluded: Collection[ItemKey], limit: int, attributes: Sequence[int] = UNKNOWN
    ) -> list[Candidate]:
        """See application.ports.Scorer."""
        self.told = list(tail), set(excluded), limit
        self.knew.append(list(attributes))
        return [Candidate(item, 1.0, Source.MODEL) for item in self.answer if item not in excluded][:limit]

    def similar(self, item: ItemKey, limit: int) -> list[Candidate]:
        """See application.ports.Scorer."""
        return []


def keys(*numbers: int) -> list[ItemKey]:
    """Of these items."""
    return [item_key(ITEMS[number]) for number in numbers]


def test_a_scorer_is_told_the_distinct_items_of_a_history_newest_first() -> None:
    """As many as it reads, with what it must not give."""
    scorer = Remembering(3, 7)
    assert AsServed(scorer, ITEMS).top(ints(4, 1, 2, 9, 2, 9), ints(5), 20).tolist() == [7]
    assert scorer.told == (keys(9, 2, 1), set(keys(5)), 20)


def test_a_scorer_hears_no_more_than_a_users_row_holds() -> None:
    """What is older is forgotten, also where few of the latest events are about different items."""
    scorer = Remembering(1000)
    AsServed(scorer, ITEMS).top(np.array([5, 6] + [3, 4] * (RECENT_EVENTS // 2)), ints(), 20)
    assert scorer.told[0] == keys(4, 3)
    AsServed(scorer, ITEMS).top(np.array([5, 6] + [3, 4] * (RECENT_EVENTS // 2 - 1)), ints(), 20)
    assert scorer.told[0] == keys(4, 3, 6, 5)


def test_a_scorer_knows_what_is_known_of_the_user_of_a_question() -> None:
    """Eight codes."""
    scorer = Remembering(3, 7)
    asked = questions([ints(1), ints(2)], [ints(7), ints(7)])
    codes = np.array([[1, 0, 0, 0, 0, 0, 0, 9], [0] * 8], np.uint16)
    answers_of(AsServed(scorer, ITEMS), replace(asked, attributes=codes))
    assert scorer.knew == codes.tolist()


def test_ranks_are_places_among_the_answers() -> None:
    """Two targets of one question, one that was not given, one that must not be."""
    asked = questions([ints(1), ints(1), ints(1)], [ints(8, 9), ints(3), ints(7)], [ints(), ints(), ints(7)])
    advanced: list[int] = []
    answers = answers_of(AsServed(Remembering(3, 9, 7, 8), ITEMS), asked, advanced.append)
    assert answers.rank.tolist() == [3, 1, np.inf, np.inf]
    assert answers.top[:, :3].tolist() == [[9, 7, 8], [9, 7, 8], [9, 8, -1]]
    assert advanced == [1, 1, 1]


def test_a_card_says_under_which_protocol_and_of_which_fit_the_means_are() -> None:
    """What serves was fitted on more."""
    split = Split("made up", interactions(("a", "x")), questions([ints(1), ints(1)], [ints(7), ints(3)]))
    answers = answers_of(AsServed(Remembering(3, 7), ITEMS), split.questions)
    assert on_card(split, answers) == {
        "made up; asked as it serves, fit on the training part alone": {"HR@10": 0.5, "NDCG@10": 0.5}
    }
