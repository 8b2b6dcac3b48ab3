"""A search that was broken off, or asked for more, goes on from what it kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from millstream.domain.errors import InvalidInputError
from millstream_tools.lab.experiments import searching
from tests.unit.tools.lab.tuning.small import STATED, ran, tried_in


def test_a_search_that_was_broken_off_goes_on_to_the_same_end(
    tmp_path: Path, data: Path, found: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the middle of a trial: what is done is kept and shown, and the rest is as if nothing had happened."""
    asked = iter(range(9))
    answer = searching.answer

    def interrupted(*arguments: Any) -> Any:
        if next(asked, None) is None:
            raise KeyboardInterrupt
        return answer(*arguments)

    heard: list[str] = []
    monkeypatch.setattr(searching, "answer", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ran(tmp_path, STATED, data, heard.append)
    monkeypatch.undo()
    kept = tried_in(tmp_path)
    assert 0 < len(kept) < STATED["trials"]
    assert heard[-1].endswith("has what was tried; the same command goes on.")
    ran(tmp_path, STATED, data)
    assert tried_in(tmp_path)[: len(kept)] == kept
    assert tried_in(tmp_path) == tried_in(found)


def test_more_trials_go_on_from_those_that_were_tried(tmp_path: Path, data: Path, found: Path) -> None:
    """Nothing is tried again."""
    ran(tmp_path, {**STATED, "trials": 3}, data)
    fitted: list[str] = []
    ran(tmp_path, STATED, data, fitted.append)
    assert len([line for line in fitted if " of 8: " in line]) == 5
    assert tried_in(tmp_path) == tried_in(found)


@pytest.mark.parametrize(
    "change", [{"seed": 6}, {"metric": "HR@2"}, {"validation": {**STATED["validation"], "cuts": [0.5, 0.8]}}]
)
def test_trials_that_were_judged_otherwise_are_not_gone_on_from(
    tmp_path: Path, data: Path, found: Path, change: dict[str, Any]
) -> None:
    """Their values could not be compared."""
    (tmp_path / "walks.journal").write_bytes((found / "walks.journal").read_bytes())
    with pytest.raises(InvalidInputError, match=r"walks.journal was begun with; rename or remove it to begin anew"):
        ran(tmp_path, {**STATED, **change}, data)
