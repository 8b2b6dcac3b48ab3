"""What every Scorer must honour, whatever model is behind it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

import pytest

from millstream.application.ports import Scorer
from millstream.domain.keys import item_key
from millstream.domain.slates.slate import Source

TEA, CUP, SPOON, SUGAR, LAMP, BULB = (item_key(name) for name in ("tea", "cup", "spoon", "sugar", "lamp", "bulb"))
UNKNOWN = item_key("never seen")


class ScorerSuite(ABC):
    """Give a scorer fitted on HISTORIES; inherit the promises."""

    HISTORIES: ClassVar[dict[str, list[str]]] = {
        **{f"tea {n}": ["tea", "cup", "spoon", "sugar"] for n in range(12)},
        **{f"light {n}": ["lamp", "bulb"] for n in range(12)},
    }

    @abstractmethod
    def fitted(self, folder: Path) -> Scorer:
        """A scorer that was fitted on HISTORIES; `folder` is empty and its own."""

    @pytest.fixture
    def scorer(self, tmp_path: Path) -> Scorer:
        """The scorer under test."""
        return self.fitted(tmp_path)

    def test_it_says_its_version(self, scorer: Scorer) -> None:
        """Every answer must name the model that gave it."""
        assert scorer.version

    def test_it_recommends_what_followed_the_latest_item(self, scorer: Scorer) -> None:
        """The first answer after a lamp is a bulb."""
        assert scorer.recommend([LAMP], [], 3)[0].item == BULB

    def test_the_latest_item_says_more_than_the_earlier_ones(self, scorer: Scorer) -> None:
        """The tail is newest first."""
        assert scorer.recommend([LAMP, TEA], [LAMP, TEA], 1)[0].item == BULB
        assert scorer.recommend([TEA, LAMP], [LAMP, TEA], 1)[0].item == CUP

    def test_the_best_come_first(self, scorer: Scorer) -> None:
        """Scores fall from place to place."""
        scores = [candidate.score for candidate in scorer.recommend([TEA, LAMP], [], 10)]
        assert len(scores) > 2
        assert scores == sorted(scores, reverse=True)

    def test_it_gives_each_item_once(self, scorer: Scorer) -> None:
        """Spoon and sugar follow both tea and cup."""
        items = [candidate.item for candidate in scorer.recommend([CUP, TEA], [], 10)]
        assert len(items) > 1
        assert len(items) == len(set(items))

    @pytest.mark.parametrize("limit", [1, 2])
    def test_it_gives_as_many_as_asked_for(self, scorer: Scorer, limit: int) -> None:
        """There are three items that follow tea."""
        assert len(scorer.recommend([TEA], [], limit)) == limit

    def test_it_gives_fewer_than_asked_for_rather_than_items_without_a_score(self, scorer: Scorer) -> None:
        """Everything that it gives has a score above zero."""
        candidates = scorer.recommend([TEA], [], 1000)
        assert 0 < len(candidates) <= 6
        assert all(candidate.score > 0 for candidate in candidates)

    @pytest.mark.parametrize("limit", [0, -1])
    def test_it_gives_nothing_when_nothing_is_asked_for(self, scorer: Scorer, limit: int) -> None:
        """A limit below one is an empty answer."""
        assert scorer.recommend([TEA], [], limit) == []
        assert scorer.similar(TEA, limit) == []

    def test_it_never_gives_an_excluded_item(self, scorer: Scorer) -> None:
        """The best answer is left out and the next one moves up."""
        best, second = scorer.recommend([TEA], [], 2)
        assert scorer.recommend([TEA], {best.item}, 1)[0].item == second.item

    def test_it_gives_nothing_when_everything_is_excluded(self, scorer: Scorer) -> None:
        """Excluding the whole catalogue leaves nothing."""
        assert scorer.recommend([TEA], [TEA, CUP, SPOON, SUGAR, LAMP, BULB], 10) == []

    def test_an_empty_tail_gives_nothing(self, scorer: Scorer) -> None:
        """A new user gets recommendations from elsewhere."""
        assert scorer.recommend([], [TEA], 10) == []

    def test_a_tail_of_unknown_items_gives_nothing(self, scorer: Scorer) -> None:
        """Items that came after the training say nothing yet."""
        assert scorer.recommend([UNKNOWN], [], 10) == []

    def test_unknown_items_do_not_hide_known_ones(self, scorer: Scorer) -> None:
        """An unknown item in the tail or among the excluded changes nothing but weights."""
        candidates = scorer.recommend([UNKNOWN, LAMP], [UNKNOWN], 10)
        assert [candidate.item for candidate in candidates] == [
            candidate.item for candidate in scorer.recommend([LAMP], [], 10)
        ]

    def test_every_answer_names_the_item_of_the_tail_that_led_to_it(self, scorer: Scorer) -> None:
        """A person can be told why."""
        because = {candidate.item: candidate.because for candidate in scorer.recommend([LAMP, UNKNOWN, TEA], [], 10)}
        assert because[BULB] == LAMP
        assert because[CUP] == TEA

    def test_recommendations_come_from_the_model(self, scorer: Scorer) -> None:
        """The source is named in the answer."""
        assert {candidate.source for candidate in scorer.recommend([TEA], [], 10)} == {Source.MODEL}

    def test_the_same_question_has_the_same_answer(self, scorer: Scorer) -> None:
        """A recommendation can be repeated."""
        assert scorer.recommend([TEA, LAMP], [CUP], 10) == scorer.recommend([TEA, LAMP], [CUP], 10)

    def test_many_requests_at_a_time_do_not_disturb_each_other(self, scorer: Scorer) -> None:
        """A scorer is immutable: threads may share it."""
        tails = [[TEA], [LAMP], [CUP, TEA], [LAMP, TEA]] * 25
        alone = [scorer.recommend(tail, [], 10) for tail in tails]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda tail: scorer.recommend(tail, [], 10), tails))
        assert together == alone

    def test_similar_items_are_those_that_follow(self, scorer: Scorer) -> None:
        """They come best first, from the neighbours, because of the item itself."""
        candidates = scorer.similar(TEA, 2)
        assert candidates[0].item == CUP
        assert candidates[0].score >= candidates[1].score
        assert {(candidate.source, candidate.because) for candidate in candidates} == {(Source.NEIGHBOURS, TEA)}

    def test_an_item_is_not_similar_to_itself(self, scorer: Scorer) -> None:
        """The page of an item does not advertise it."""
        assert TEA not in [candidate.item for candidate in scorer.similar(TEA, 100)]

    def test_an_unknown_item_has_no_similar_items(self, scorer: Scorer) -> None:
        """An item that the model does not know gets an empty answer, not an error."""
        assert scorer.similar(UNKNOWN, 10) == []
