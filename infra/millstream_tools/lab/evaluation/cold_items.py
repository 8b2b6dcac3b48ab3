"""Cold items: some items are hidden from the training and then asked for.

A model that knows items by their events only can do no better than chance here; what it is asked with, the users'
histories of the other items, it knows well.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.questions import Exclude, Questions, Split, check_choice
from millstream.learning.interactions import Flags, Interactions, Ints

Among = Literal["hidden", "all"]
"""hidden: only hidden items are ranked, and only they are asked for. all: the whole catalogue is ranked, and each
user's last known item is asked for as well, so that the price of showing new items stands beside the gain."""


def cold_items(
    data: Interactions,
    share: float = 0.1,
    *,
    seed: int = 0,
    among: Among = "hidden",
    exclude: Exclude = "history",
    every: int = 1,
) -> Split:
    """Hide a share of the items, drawn by `seed`; ask each user for the last hidden one after the known ones before it.

    `train` lacks all rows of hidden items and each user's last row with a known one, under either `among`, so figures
    of both come from equal models. Exclude "history" keeps everything out of the ranking that the user had to do with
    before, hidden items too. One in `every` users is asked. Raises `InvalidInputError` for a share that hides nothing
    or leaves nothing to fit on.
    """
    check_choice("among", get_args(Among), among)
    check_choice("exclude", get_args(Exclude), exclude)
    if every < 1:
        raise InvalidInputError("every", "at least 1", every)
    hidden = _hidden(data, share, seed)
    of_hidden = hidden[data.item]
    last_hidden, last_known = _last_rows(data, of_hidden), _last_rows(data, ~of_hidden)
    train = np.flatnonzero(~of_hidden & ~np.isin(np.arange(len(data)), last_known))
    if not len(last_hidden) or not len(train):
        raise InvalidInputError("share", "some rows of hidden items and some to fit on", share)
    asked = last_hidden if among == "hidden" else np.concatenate((last_hidden, last_known))
    asked = asked[data.user[asked] % every == 0]
    who = "each user's" if every == 1 else f"one in {every} users'"
    return Split(
        protocol=f"{hidden.sum()} of {len(hidden)} items hidden (seed {seed}), {who} last one asked for, "
        + ("ranked among hidden items" if among == "hidden" else "and the last known one, ranked among all")
        + (", history excluded" if exclude == "history" else ", nothing excluded"),
        train=data.select(np.isin(np.arange(len(data)), train)),
        questions=_questions(data, asked, hidden, among, exclude),
    )


def _hidden(data: Interactions, share: float, seed: int) -> Flags:
    """Whether each item is hidden, [items]."""
    if not 0 < share < 1:
        raise InvalidInputError("share", "above 0 and below 1", share)
    hidden = np.zeros(len(data.items), dtype=bool)
    hidden[np.random.default_rng(seed).permutation(len(data.items))[: round(share * len(data.items))]] = True
    return hidden


def _last_rows(data: Interactions, mask: Flags) -> Ints:
    """The last row of each user where `mask` [n] is true, by user; users without one are left out."""
    rows = np.flatnonzero(mask)
    last = np.full(len(data.users), -1, np.int64)
    np.maximum.at(last, data.user[rows], rows)
    return last[last >= 0]


def _questions(data: Interactions, asked: Ints, hidden: Flags, among: Among, exclude: Exclude) -> Questions:
    by_user = np.argsort(data.user, kind="stable")
    starts = np.cumsum(data.user_counts()) - data.user_counts()
    place = np.empty(len(data), np.int64)
    place[by_user] = np.arange(len(data))
    not_ranked = np.flatnonzero(~hidden) if among == "hidden" else np.empty(0, np.int64)
    shown, excluded = [], []
    for row in asked:
        before = data.item[by_user[starts[data.user[row]] : place[row]]]
        shown.append(before[~hidden[before]])
        seen = before if exclude == "history" else before[:0]
        excluded.append(np.union1d(not_ranked, seen))
    return Questions(data.user[asked], shown, [data.item[row : row + 1] for row in asked], excluded)
