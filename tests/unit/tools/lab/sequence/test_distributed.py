"""Training in two processes, as torchrun starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from millstream_tools.lab.sequence.distributed import main
from millstream_tools.lab.sequence.recommender import SequenceRecommender
from millstream_tools.places import CHECKOUT
from tests.unit.tools.lab.sequence.small import walks

TORCHRUN = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2")
TWO_PROCESSES = (*TORCHRUN, "-m", "millstream_tools.lab.sequence.distributed")

KNOBS = {"width": 16, "blocks": 1, "window": 6, "batch": 8, "warmup": 2, "learning_rate": 0.01, "epochs": 3}
STATED: dict[str, Any] = {
    "title": "Made up",
    "data": {"mapping": "pairs", "path": "walks.txt"},
    "preparation": [],
    "protocols": [{"name": "the last one", "kind": "leave_one_out", "knobs": {"fit_on_validation": True}}],
    "models": [
        {"name": "popularity", "family": "popularity"},
        {"name": "walker", "family": "sequence", "knobs": {**KNOBS, "block": "hstu", "dropout": 0.0}},
    ],
    "seed": 5,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An experiment and its data."""
    rows = [f"{user} {item}\n" for user, walk in enumerate(walks(), start=1) for item in walk]
    (tmp_path / "walks.txt").write_text("".join(rows))
    (tmp_path / "walks.yaml").write_text(yaml.safe_dump(STATED))
    return tmp_path


def arguments(folder: Path, into: str, model: str = "walker") -> list[str]:
    """What is asked of the program."""
    kept = ["--checkpoints", str(folder / f"{into}-checkpoints"), "--into", str(folder / into)]
    return [str(folder / "walks.yaml"), "--data", str(folder), "--model", model, *kept]


def in_two_processes(asked: list[str]) -> str:
    """What both of them printed."""
    done = subprocess.run(
        [sys.executable, "-m", *TWO_PROCESSES, *asked],
        cwd=CHECKOUT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def in_one_process(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without torchrun."""
    monkeypatch.setattr(sys, "argv", ["distributed", *asked])
    main()


def weights_in(folder: Path) -> dict[str, np.ndarray]:
    """A trained model's."""
    model = SequenceRecommender.load(folder).model
    assert model is not None
    return {name: weight.numpy() for name, weight in model.state_dict().items()}


def test_two_processes_train_what_one_trains(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The weights agree to 1e-5, though not to the last bit, and one of the two saves and says where.

    Not sasrec's: a softmax takes no notice of the keys' bias, so its gradient is rounding, of which Adam makes steps.
    """
    printed = in_two_processes(arguments(folder, "two"))
    assert printed.splitlines() == [str(folder / "two")]
    in_one_process(arguments(folder, "one"), monkeypatch)
    assert capsys.readouterr().out.splitlines() == [str(folder / "one")]
    one, two = weights_in(folder / "one"), weights_in(folder / "two")
    for name, weight in one.items():
        np.testing.assert_allclose(two[name], weight, rtol=0, atol=1e-5, err_msg=name)
    assert not all(np.array_equal(two[name], weight) for name, weight in one.items())


def test_a_model_of_the_simulated_shop_is_trained_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made up, so nobody needs to name a folder with data."""
    shop = {"customers": 40, "products": 60, "history_days": 3, "live_days": 1}
    data = {"simulated_shop": {"seed": 3, **shop}}
    (folder / "walks.yaml").write_text(yaml.safe_dump({**STATED, "data": data}))
    monkeypatch.delenv("MILLSTREAM_DATA", raising=False)
    config, _, _, *rest = arguments(folder, "made-up")
    in_one_process([config, *rest], monkeypatch)
    assert weights_in(folder / "made-up")


def test_a_stream_has_no_part_to_train_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused by its name, and where it stands first the next protocol is taken."""
    stream = {"name": "view by view", "kind": "prequential", "knobs": {"share": 0.5}}
    stated = {**STATED, "protocols": [stream, *STATED["protocols"]]}
    (folder / "walks.yaml").write_text(yaml.safe_dump(stated))
    with pytest.raises(SystemExit, match="--protocol: expected one of the last one, got 'view by view'"):
        in_one_process([*arguments(folder, "none"), "--protocol", "view by view"], monkeypatch)
    in_one_process(arguments(folder, "next"), monkeypatch)
    assert weights_in(folder / "next")
    (folder / "walks.yaml").write_text(yaml.safe_dump({**STATED, "protocols": [stream]}))
    with pytest.raises(SystemExit, match="--protocol: expected one of those that cut the data"):
        in_one_process(arguments(folder, "none"), monkeypatch)


def test_data_that_nobody_named_is_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line."""
    monkeypatch.delenv("MILLSTREAM_DATA", raising=False)
    config, _, _, *rest = arguments(folder, "none")
    with pytest.raises(SystemExit, match="MILLSTREAM_DATA: expected the folder with all data, here or as --data"):
        in_one_process([config, *rest], monkeypatch)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--model", "popularity"], "--model: expected a sequence model, one of walker, got 'popularity'"),
        (["--protocol", "the first one"], "--protocol: expected one of the last one, got 'the first one'"),
    ],
)
def test_what_the_experiment_does_not_have_is_refused_by_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch, change: list[str], message: str
) -> None:
    """In one line, with what it has."""
    with pytest.raises(SystemExit, match=message):
        in_one_process([*arguments(folder, "none"), *change], monkeypatch)
