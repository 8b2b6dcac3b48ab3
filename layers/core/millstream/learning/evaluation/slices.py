"""Parts of a test that a mean hides: people and items that the training part does not know."""

from __future__ import annotations

import numpy as np

from millstream.learning.evaluation.questions import Split
from millstream.learning.evaluation.ranking import Answers
from millstream.learning.interactions import Flags

WHOLE = "all"


def slices(split: Split, answers: Answers, known_from: int = 1) -> dict[str, Answers]:
    """The answers by what the training part knew, without empty slices.

    A user or an item is cold with fewer than `known_from` rows in the training part. Item slices keep the targets of
    their kind only, so a question with both kinds of targets is in both. "known item, some history" is what a model
    without content can answer at all.
    """
    cold_user = split.train.user_counts()[answers.user] < known_from
    cold_item = split.train.item_counts()[answers.target] < known_from
    shown = np.array([len(history) > 0 for history in split.questions.histories], dtype=bool)
    before = _had_before(split, answers)
    parts = {
        WHOLE: answers,
        "cold user": answers.select(cold_user),
        "known user": answers.select(~cold_user),
        "cold item": with_targets(answers, cold_item),
        "known item": with_targets(answers, ~cold_item),
        "known item, some history": with_targets(answers, ~cold_item & shown[answers.question]),
        "item that the user had before": with_targets(answers, before),
        "item that is new to the user": with_targets(answers, ~before),
    }
    return {name: part for name, part in parts.items() if len(part) or name == WHOLE}


def _had_before(split: Split, answers: Answers) -> Flags:
    """Whether each target is in the history of its question, [t]."""
    histories = split.questions.histories
    pairs = zip(answers.question.tolist(), answers.target.tolist(), strict=True)
    return np.array([bool((histories[question] == target).any()) for question, target in pairs], dtype=bool)


def with_targets(answers: Answers, mask: Flags) -> Answers:
    """Only the targets where `mask` [t] is true; questions that keep none are left out."""
    kept = Answers(answers.rank[mask], answers.question[mask], answers.target[mask], answers.top, answers.user)
    asked = np.zeros(len(answers), dtype=bool)
    asked[kept.question] = True
    return kept.select(asked)
