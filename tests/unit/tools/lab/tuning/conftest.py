"""Walks, and what an unbroken search found in them: asked by many, changed by none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.unit.tools.lab.tuning.small import STATED, ran


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty users who walk along a circle of 30 items, now and then a step too far: the last item tells most."""
    draw = np.random.default_rng(1)
    at, rows = draw.integers(30, size=40), ["user_id:token\titem_id:token\ttimestamp:float\n"]
    for second in range(800):
        user = int(draw.integers(40))
        at[user] = (at[user] + (2 if draw.random() < 0.2 else 1)) % 30
        rows.append(f"u{user}\ti{at[user]}\t{second}\n")
    folder = tmp_path_factory.mktemp("data")
    (folder / "made-up").mkdir()
    (folder / "made-up" / "walks.inter").write_text("".join(rows))
    return folder


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    """What an unbroken search wrote."""
    folder = tmp_path_factory.mktemp("found")
    ran(folder, STATED, data)
    return folder
