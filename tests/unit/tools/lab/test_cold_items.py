"""The protocol that hides items: what is fitted on, asked and ranked."""

from __future__ import annotations

import numpy as np
import pytest

from millstream.domain.errors import InvalidInputError
from millstream.learning.evaluation.questions import Split
from millstream.learning.interactions import Flags, Interactions
from millstream_tools.lab.evaluation.cold_items import cold_items
from tests.unit.tools.lab.made_up import rows_of

ITEMS = 20


def shop() -> Interactions:
    """Thirty users with twelve different items each."""
    random = np.random.default_rng(3)
    item = np.concatenate([random.permutation(ITEMS)[:12] for _ in range(30)])
    user = np.repeat(np.arange(30), 12)
    order = random.permutation(len(user))
    labels = [[f"{kind}-{n}" for n in range(count)] for kind, count in (("user", 30), ("item", ITEMS))]
    return Interactions(user[order], item[order], np.arange(360.0), *labels)


def hidden_in(split: Split) -> Flags:
    """The items that the training part lacks, [items]."""
    return split.train.item_counts() == 0


def test_a_share_of_the_items_has_no_row_in_the_training() -> None:
    """But stands in the catalogue."""
    split = cold_items(shop(), 0.25, seed=1)
    assert hidden_in(split).sum() == 5
    assert len(split.train.items) == ITEMS


def test_the_seed_says_which() -> None:
    """The same one the same, another one others."""
    one, same, other = (hidden_in(cold_items(shop(), 0.25, seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_each_user_is_asked_for_the_last_hidden_item_after_the_known_ones_before_it() -> None:
    """A hidden item is never shown."""
    data = shop()
    split = cold_items(data, 0.25, seed=1)
    hidden, histories = hidden_in(split), data.histories()
    with_hidden = [user for user, history in enumerate(histories) if hidden[history].any()]
    assert split.questions.user.tolist() == with_hidden
    for user, shown, target in zip(with_hidden, split.questions.histories, split.questions.targets, strict=True):
        place = np.flatnonzero(hidden[histories[user]])[-1]
        assert target.tolist() == [histories[user][place]]
        before = histories[user][:place]
        assert shown.tolist() == before[~hidden[before]].tolist()


def test_among_hidden_items_everything_else_is_out_of_the_ranking() -> None:
    """And what the user had before, hidden or not; without that rule only the known items are."""
    data = shop()
    histories = data.histories()
    for exclude, earlier_is_out in (("history", True), ("none", False)):
        split = cold_items(data, 0.25, seed=1, exclude=exclude)  # type: ignore[arg-type]
        hidden, asked = hidden_in(split), split.questions
        for user, out, [target] in zip(asked.user, asked.excluded, asked.targets, strict=True):
            history = histories[user]
            before = history[: int(np.flatnonzero(history == target)[0])]
            earlier = set(before[hidden[before]].tolist()) if earlier_is_out else set()
            assert set(out.tolist()) == set(np.flatnonzero(~hidden).tolist()) | earlier


def test_among_all_items_the_last_known_one_is_asked_for_too() -> None:
    """It is not in the training, and what came before it is not ranked."""
    data = shop()
    split = cold_items(data, 0.25, seed=1, among="all")
    hidden, histories, asked = hidden_in(split), data.histories(), split.questions
    known = [number for number, [target] in enumerate(asked.targets) if not hidden[target]]
    assert asked.user[known].tolist() == list(range(30))
    for number in known:
        user, [target] = asked.user[number], asked.targets[number]
        history = histories[user]
        assert target == history[~hidden[history]][-1]
        before = history[: int(np.flatnonzero(history == target)[0])]
        assert set(asked.excluded[number].tolist()) == set(before.tolist())
        assert (data.users[user], data.items[target]) not in rows_of(split.train)


def test_both_rankings_are_of_models_that_were_fitted_on_the_same() -> None:
    """So their figures stand side by side."""
    parts = [cold_items(shop(), 0.25, seed=1, among=among) for among in ("hidden", "all")]  # type: ignore[arg-type]
    assert rows_of(parts[0].train) == rows_of(parts[1].train)


def test_nothing_of_a_question_is_in_the_training_but_known_rows() -> None:
    """All rows of known items, less each user's last."""
    data = shop()
    split = cold_items(data, 0.25, seed=1)
    known = int((~hidden_in(split)[data.item]).sum())
    assert len(split.train) == known - 30


def test_one_in_some_users_is_asked() -> None:
    """For both kinds of items; the training stays the same."""
    whole, some = (cold_items(shop(), 0.25, seed=1, among="all", every=every) for every in (1, 3))
    assert set(some.questions.user.tolist()) == {user for user in whole.questions.user.tolist() if user % 3 == 0}
    assert rows_of(some.train) == rows_of(whole.train)


@pytest.mark.parametrize("share", [0.0, 1.0, 0.01, 0.99])
def test_a_share_that_hides_nothing_or_all_is_refused(share: float) -> None:
    """There would be nothing to ask, or nothing to fit on."""
    with pytest.raises(InvalidInputError, match="share"):
        cold_items(shop(), share)
