"""What the terminal shows."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from millstream.domain.errors import printable
from millstream_tools.cli.console import report_errors
from millstream_tools.explained import ExplainedError
from millstream_tools.terminal import escape, json_text


@given(st.text(st.characters()))
def test_no_text_from_a_file_controls_the_terminal(text: str) -> None:
    """Nor does it turn the direction of writing around; other text is as it was."""
    shown = printable(text)
    assert shown.isprintable() or all(ord(char) > 0x9F for char in shown if not char.isprintable())
    assert not any(char in shown for char in "\x1b\n\r\t\x9b\u202e\u2066")
    assert printable(shown) == shown
    assert printable("Müsli 15 % 🙂") == "Müsli 15 % 🙂"


def test_an_error_of_the_system_names_the_file_and_the_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    """Without its number."""
    for raised, expected in (
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "h.csv"), "h.csv: no such file or directory"),
        (OSError(errno.ENOSPC, "No space left on device"), "TMPDIR"),
        (ExplainedError("bad \x1b[31mfile"), "bad \\x1b[31mfile"),
    ):
        with pytest.raises(typer.Exit), report_errors():
            raise raised
        said = capsys.readouterr().err
        assert expected in said
        assert "Errno" not in said


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """As the system says it."""
    with pytest.raises(typer.Exit), report_errors():
        (tmp_path / "missing").open()
    assert capsys.readouterr().err == f"millstream: {tmp_path / 'missing'}: no such file or directory\n"


def test_json_cannot_control_the_terminal_either() -> None:
    """It is still the same JSON."""
    value = {"name": "a\x1b]0;pwn\x07\x9b31m\u202eb\x7f\ud800", "ok": "Müsli 🙂"}
    text = json_text(value)
    assert json.loads(text) == value
    assert printable(text.replace("\n", "")) == text.replace("\n", "")
    assert "Müsli 🙂" in text


def test_a_name_in_a_table_cannot_control_the_terminal() -> None:
    """It comes from a client."""
    assert escape("[bold]\x1b[2J") == r"\[bold]\x1b[2J"
