"""What is a session, and which of them are kept."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest

from millstream.domain.errors import InvalidInputError
from millstream.domain.views.user_state import SESSION_GAP_S
from millstream.learning.families.session_knn import SessionKnn, SessionKnnKnobs
from millstream.learning.families.sessions import Limits, Of, session_index
from millstream.learning.interactions import NO_SESSION, Interactions

ALL = Limits(session_items=20, item_sessions=20, user_sessions=20)
Row = tuple[int, str, float, int]


def rows(*events: Row) -> Interactions:
    """(user, item, time in seconds, session), in order of time."""
    user, item, at, session = zip(*events, strict=True)
    codes = np.array(["abcdef".index(one) for one in item])
    labels = [str(n) for n in range(9)]
    return Interactions(np.array(user), codes, np.array(at, float), labels, "abcdef", session=np.array(session))


def kept(data: Interactions, limits: Limits = ALL, of: Of = "session") -> list[str]:
    """The items of each session, the latest session first."""
    index = session_index(data, of, limits)
    return ["".join("abcdef"[item] for item in row if item < 6) for row in index.items[:-1].tolist()]


def test_a_session_is_what_the_data_says() -> None:
    """Also where two of one user go on at the same time, as on two devices."""
    data = rows((0, "a", 0, 1), (0, "b", 1, 2), (0, "c", 2, 1), (1, "f", 3, 3), (0, "d", 9e9, 2), (1, "e", 9e9, 3))
    assert kept(data) == ["fe", "bd", "ac"]
    assert kept(data, of="user") == ["fe", "abcd"]


def test_without_that_a_pause_ends_a_session() -> None:
    """The same pause as in a user's row."""
    late, later = SESSION_GAP_S - 1.0, 2 * SESSION_GAP_S - 1.0
    data = rows(*((0, item, at, NO_SESSION) for item, at in (("a", 0), ("b", late), ("c", later), ("d", later))))
    assert kept(data) == ["cd", "ab"]


def test_without_times_a_history_is_a_session() -> None:
    """An order has no pauses."""
    data = rows(*((0, item, 0.0, NO_SESSION) for item in "abcd"))
    assert kept(replace(data, at=np.full(4, np.nan))) == ["abcd"]


def test_an_item_counts_once_a_session_by_its_last_event_and_one_item_is_no_session() -> None:
    """Nothing follows from it."""
    assert kept(rows((0, "a", 0, 1), (0, "b", 1, 1), (0, "a", 2, 1), (1, "c", 3, 2), (1, "c", 4, 2))) == ["ba"]


def test_a_long_session_is_cut_from_its_end() -> None:
    """Into sessions of their own; a single item that is left over is none."""
    data = rows(*((0, item, 0.0, 1) for item in "abcde"))
    assert kept(data, ALL._replace(session_items=2)) == ["de", "bc"]


def test_a_user_owns_no_more_than_the_latest_sessions() -> None:
    """So that a bot does not fill the lists of its items."""
    data = rows((1, "a", 0, 90), (1, "b", 0, 90), *((0, item, n, n) for n in range(9) for item in "ab"))
    assert kept(data, ALL._replace(user_sessions=2)) == ["ab", "ab", "ab"]
    assert session_index(data, "session", ALL._replace(user_sessions=2)).idf[0] == pytest.approx(log(2) / log(4))


def test_an_item_lists_its_latest_sessions_and_others_are_left_out() -> None:
    """The size of the index is bounded by the items."""
    data = rows(*((n, item, n, n) for n in range(4) for item in "ab"), (5, "a", 9, 9), (5, "c", 9, 9))
    index = session_index(data, "session", ALL._replace(item_sessions=2))
    assert index.sessions.tolist()[:3] == [[0, 1], [1, 2], [0, 3]]
    assert kept(data, ALL._replace(item_sessions=2)) == ["ac", "ab", "ab"]
    assert index.last_rows.tolist() == [9, 7, 5]


@pytest.mark.parametrize("events", [[(0, "a", 0.0, 1)], [(0, "a", 0.0, 1), (1, "b", 0.0, 2)]])
def test_data_without_any_session_of_two_items_recommends_nothing(events: list[Row]) -> None:
    """Not an error: other parts of a blend may know something."""
    model = SessionKnn()
    model.fit(rows(*events), 0)
    assert model.score([np.array([0, 1])]).tolist() == [[0.0] * 6]


def test_a_half_life_is_refused_for_data_without_times() -> None:
    """An order does not say how long ago."""
    data = replace(rows((0, "a", 0.0, 1), (0, "b", 1.0, 1)), at=np.full(2, np.nan))
    with pytest.raises(InvalidInputError, match="half_life_days: expected null for data without times, got 3"):
        SessionKnn(SessionKnnKnobs(half_life_days=3.0)).fit(data, 0)


def test_neighbours_are_sessions_or_users() -> None:
    """Nothing else."""
    with pytest.raises(InvalidInputError, match="of: expected session or user, got 'visit'"):
        SessionKnnKnobs(of="visit")  # type: ignore[arg-type]  # what a configuration may say
