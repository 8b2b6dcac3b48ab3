from __future__ import annotations

from millstream.application.replay.comparing import Difference
from millstream.domain.views import trend_row, user_row
from millstream_tools.cli.row_differences import difference_lines
from tests.builders import state_of, trend_of, views

LIVE = user_row.pack(state_of(views("lamp", "forged")))
LOG = user_row.pack(state_of(views("lamp", "vase", "desk")))


def test_differing_fields_are_printed_with_both_values() -> None:
    """Of a list, the first differing place and how many more differ."""
    told = "\n".join(difference_lines(Difference("user ab", LIVE, LOG)))
    assert told.startswith(
        "user ab:\n   position\n      live shardId-000000000000:2\n      log  shardId-000000000000:3"
    )
    assert "   applied\n      live 2\n      log  3" in told
    assert "   recent[0] and 2 more\n" in told


def test_equal_fields_are_not_printed() -> None:
    """Two equal rows give only the row's name."""
    assert difference_lines(Difference("user ab", LIVE, LIVE)) == ["user ab:"]


def test_a_missing_entry_of_a_list_is_none() -> None:
    """One list has an entry that the other lacks."""
    short = user_row.pack(state_of(views("lamp")))
    told = "\n".join(difference_lines(Difference("user ab", short, LIVE)))
    assert "   recent[0] and 1 more\n" in told
    assert "   event tags[1]\n      live none\n" in told


def test_a_row_missing_on_one_side_is_reported() -> None:
    """On either side."""
    assert difference_lines(Difference("user ab", None, LOG)) == ["user ab: in the log but not in the views"]
    assert difference_lines(Difference("user ab", LIVE, None)) == ["user ab: in the views but not in the log"]


def test_an_unreadable_row_is_reported() -> None:
    """In one line, without a traceback."""
    (line,) = difference_lines(Difference("user ab", b"garbage", LOG))
    assert "cannot be read" in line


def test_trends_are_printed_with_their_weights() -> None:
    """Item and weight."""
    live, log = (trend_row.pack(trend_of(views(item))) for item in ("lamp", "vase"))
    told = "\n".join(difference_lines(Difference("trend of history", live, log)))
    assert "   weights[0]\n      live " in told
