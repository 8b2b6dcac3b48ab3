"""A training that was killed goes on as if it had not been."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from millstream.domain.errors import InvalidInputError
from millstream_tools.lab.sequence import training
from millstream_tools.lab.sequence.recommender import SequenceRecommender
from millstream_tools.places import CHECKOUT
from tests.unit.tools.lab.made_up import interactions
from tests.unit.tools.lab.sequence.small import SEED, same_weights, small, trained, walks

KNOBS = small(dropout=0.2, loss="gbce", negatives=6, epochs=4)
"""With everything that is drawn: windows, batches, dropout and negatives."""

TRAINS_UNTIL_KILLED = """
import os, signal, sys
from pathlib import Path
import torch
from millstream_tools.lab.sequence import {module} as moment
from tests.unit.tools.lab.sequence.test_checkpoints import KNOBS
from tests.unit.tools.lab.sequence.small import trained

torch.set_num_threads(1)
left = {calls}

def counted(*arguments, original=getattr({owner}, "{name}"), **named):
    global left
    left -= 1
    if left < 0:
        {last_deed}
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments, **named)

setattr({owner}, "{name}", counted)
trained(KNOBS, keep_in=Path(sys.argv[1]))
"""

IN_AN_EPOCH = {"module": "training", "owner": "moment", "name": "_step", "calls": 25, "last_deed": "pass"}
"""Of the third: each epoch has ten steps or eleven."""

WHILE_WRITING = {
    "module": "checkpoint",
    "owner": "torch",
    "name": "save",
    "calls": 2,
    "last_deed": "arguments[1].write_bytes(b'half of it')",
}
"""The third checkpoint is begun and never ended."""


def killed(folder: Path, moment: dict[str, Any]) -> None:
    """A training in another process, ended by SIGKILL at that moment."""
    program = [sys.executable, "-c", TRAINS_UNTIL_KILLED.format(**moment), str(folder)]
    done = subprocess.run(program, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize("moment", [IN_AN_EPOCH, WHILE_WRITING], ids=["in an epoch", "while writing"])
def test_a_killed_training_ends_with_the_weights_of_an_unbroken_one(tmp_path: Path, moment: dict[str, Any]) -> None:
    """To the last bit, and it does not begin anew."""
    killed(tmp_path, moment)
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["progress"]["epoch"] == 2
    gone_on, unbroken = trained(KNOBS, keep_in=tmp_path), trained(KNOBS)
    assert same_weights(gone_on, unbroken)
    assert [one["loss"] for one in gone_on.history] == [one["loss"] for one in unbroken.history]


def test_a_training_that_had_ended_is_not_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its weights are those of the best epoch, and all that it took was spent before."""
    first = trained(KNOBS, keep_in=tmp_path)
    monkeypatch.setattr(training, "_step", None)
    again = trained(KNOBS, keep_in=tmp_path)
    assert same_weights(again, first)
    assert first.spent_before == (0.0, 0.0)
    assert again.spent_before == (
        pytest.approx(sum(epoch["wall"] for epoch in first.history)),
        pytest.approx(sum(epoch["CPU"] for epoch in first.history)),
    )


def test_a_checkpoint_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds the weights twice, and what the optimiser knows of each."""
    read: list[object] = []

    def counted(*arguments: Any, **named: Any) -> Any:
        read.append(arguments)
        return load(*arguments, **named)

    load = torch.load
    model = SequenceRecommender(small(epochs=1))
    model.keep_in(tmp_path)
    data = interactions(*((str(user), str(item)) for user, walk in enumerate(walks()) for item in walk))
    model.fit(data, SEED)
    monkeypatch.setattr(torch, "load", counted)
    model.fit(data, SEED)
    assert len(read) == 1
    assert model.spent_before.wall == model.history[0]["wall"]


@pytest.mark.parametrize(("knob", "value"), [("epochs", 5), ("dropout", 0.1), ("robustness", 0.5), ("block", "gru")])
def test_a_checkpoint_of_other_knobs_is_refused(tmp_path: Path, knob: str, value: Any) -> None:
    """By the name of the knob, with both values."""
    knobs = small(epochs=1)
    trained(knobs, keep_in=tmp_path)
    expected = rf"checkpoint.pt: {knob}: expected {value}, got .*{getattr(knobs, knob)}"
    with pytest.raises(InvalidInputError, match=expected):
        trained(replace(knobs, **{knob: value}), keep_in=tmp_path)


def test_a_checkpoint_of_another_seed_is_refused(tmp_path: Path) -> None:
    """What it drew was something else."""
    trained(small(epochs=1), keep_in=tmp_path)
    with pytest.raises(InvalidInputError, match=f"checkpoint.pt: seed: expected 8, got .*{SEED}"):
        trained(small(epochs=1), seed=8, keep_in=tmp_path)
