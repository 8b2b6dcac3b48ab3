from __future__ import annotations

from millstream.application.replay.comparing import Difference
from millstream.domain.views import trend_row, user_row
from millstream_tools.cli.row_differences import in_words
from tests.builders import state_of, trend_of, views

LIVE = user_row.pack(state_of(views("lamp", "forged")))
LOG = user_row.pack(state_of(views("lamp", "vase", "desk")))


def test_fields_that_differ_are_told_side_by_side() -> None:
    """Of a list the first place, and how many more differ."""
    told = "\n".join(in_words(Difference("user ab", LIVE, LOG)))
    assert told.startswith(
        "user ab:\n   position\n      live shardId-000000000000:2\n      log  shardId-000000000000:3"
    )
    assert "   applied\n      live 2\n      log  3" in told
    assert "   recent[0] and 2 more\n" in told


def test_fields_that_are_equal_are_not_told() -> None:
    """Nothing but the row's name is left of two equal rows."""
    assert in_words(Difference("user ab", LIVE, LIVE)) == ["user ab:"]


def test_a_list_that_is_shorter_ends_in_nothing() -> None:
    """Where one has an entry and the other has none."""
    short = user_row.pack(state_of(views("lamp")))
    told = "\n".join(in_words(Difference("user ab", short, LIVE)))
    assert "   recent[0] and 1 more\n" in told
    assert "   event tags[1]\n      live nothing\n" in told


def test_a_row_that_is_missing_on_one_side_is_said_so() -> None:
    """Either side."""
    assert in_words(Difference("user ab", None, LOG)) == ["user ab: the log has it, the views do not"]
    assert in_words(Difference("user ab", LIVE, None)) == ["user ab: the views have it, the log does not"]


def test_a_row_that_cannot_be_read_is_said_so() -> None:
    """Instead of a traceback."""
    (line,) = in_words(Difference("user ab", b"garbage", LOG))
    assert "cannot be read" in line


def test_trends_are_told_by_their_weights() -> None:
    """Item and weight."""
    live, log = (trend_row.pack(trend_of(views(item))) for item in ("lamp", "vase"))
    told = "\n".join(in_words(Difference("trend of history", live, log)))
    assert "   weights[0]\n      live " in told
