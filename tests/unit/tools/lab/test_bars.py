"""Bars are for people who look: where the error output is no terminal there are none."""

from __future__ import annotations

import io
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from millstream_tools.lab.bars import bar, tell
from millstream_tools.lab.content.cache import CachedVectors
from millstream_tools.lab.content.hashed_words import HashedWords


class Terminal(io.StringIO):
    """What is written there is seen at once."""

    def isatty(self) -> bool:
        return True


OUTPUTS = pytest.mark.parametrize("output", [io.StringIO, Terminal])


@OUTPUTS
def test_a_bar_is_drawn_on_a_terminal_only(output: type[io.StringIO]) -> None:
    """What it goes along is the same either way."""
    with redirect_stderr(output()) as seen:
        assert list(bar(range(3), desc="steps")) == [0, 1, 2]
    assert ("steps: " in seen.getvalue()) == seen.isatty()


@OUTPUTS
def test_the_bar_of_texts_is_no_exception(output: type[io.StringIO], tmp_path: Path) -> None:
    """And where all are known already there is nothing to show."""
    vectors = CachedVectors(tmp_path, HashedWords())
    with redirect_stderr(output()) as seen:
        vectors.of(["a mug", "a bowl"])
    assert ("texts encoded: " in seen.getvalue()) == seen.isatty()
    with redirect_stderr(output()) as seen_again:
        vectors.of(["a mug"])
    assert not seen_again.getvalue()


@OUTPUTS
def test_lines_are_told_everywhere(output: type[io.StringIO]) -> None:
    """Logs keep them."""
    with redirect_stderr(output()) as seen:
        tell("epoch 1: loss 2.0")
    assert seen.getvalue().endswith("epoch 1: loss 2.0\n")
