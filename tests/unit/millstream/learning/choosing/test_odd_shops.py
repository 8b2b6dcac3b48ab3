"""Shops that are too small or odd for a comparison get a default with the reason, or are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from millstream.application.replay.progress import silently
from millstream.domain.errors import InvalidInputError
from millstream.domain.keys import item_key
from millstream.domain.log.kinds import EventKind
from millstream.learning.choosing.budget import Limits
from millstream.learning.choosing.journal import Journal
from millstream.learning.choosing.light import light_spaces
from millstream.learning.choosing.proposing import Proposal, Proposing, Tools
from millstream.learning.choosing.shop import measured
from millstream.learning.families.families import LIGHT, Families
from millstream.learning.interactions import Interactions
from millstream.learning.road import Data
from millstream.scoring.onnx_scorer import OnnxScorer
from tests.unit.millstream.learning.choosing.shops import chains, shop


def proposed(rows: Interactions, folder: Path, units: float = 0.5) -> Proposal:
    """The model for a shop."""
    tools = Tools(Families(LIGHT).create, light_spaces, {"sequence": "PyTorch is not installed"})
    proposing = Proposing(tools, Limits(units), 7, Journal(None, {}), silently, lambda _: None)
    return proposing(Data(rows, "set"), folder / "model", 0)


def one_heavy_user() -> Interactions:
    """99 % of all events are of one user."""
    draw = np.random.default_rng(2)
    heavy = [(0, int(item), 60.0 * place) for place, item in enumerate(draw.integers(30, size=5_940))]
    others = [(1 + n // 3, n % 30, 60.0 * 99 * n) for n in range(60)]
    return shop(heavy + others)


UNMEASURED: dict[str, Callable[[], Interactions]] = {
    "one event": lambda: shop([(0, 0, 0.0)]),
    "fifty events": lambda: chains(users=10, length=5),
    "one user": lambda: shop([(0, n % 13, 60.0 * n) for n in range(900)]),
    "one item": lambda: shop([(n, 0, 60.0 * n) for n in range(200)]),
    "all at one time": lambda: shop([(n // 4, n % 7, 0.0) for n in range(400)]),
    "nobody comes back": lambda: shop([(n, n % 7, 60.0 * n) for n in range(400)]),
}


@pytest.mark.parametrize("name", UNMEASURED)
def test_what_cannot_be_compared_gives_a_default_with_the_reason(name: str, tmp_path: Path) -> None:
    """No metrics, and a model that answers."""
    proposal = proposed(UNMEASURED[name](), tmp_path)
    assert proposal.chosen.why_unmeasured
    assert proposal.fitted.metrics == {}
    assert proposal.tested is None
    assert proposal.warnings
    scorer = OnnxScorer.load(proposal.fitted.folder, proposal.fitted.version)
    scorer.recommend([item_key("i-0")], [], 10)


MEASURED: dict[str, Callable[[], Interactions]] = {
    "only ratings": lambda: shop(
        [(n // 6, (n * n) % 17, 60.0 * n) for n in range(900)], kind=EventKind.ItemRated, value=4.0
    ),
    "99 % of one user": one_heavy_user,
}


@pytest.mark.parametrize("name", MEASURED)
def test_odd_shops_that_can_be_compared_are(name: str, tmp_path: Path) -> None:
    """The model answers what it was tested on."""
    proposal = proposed(MEASURED[name](), tmp_path)
    assert proposal.chosen.why_unmeasured is None
    assert proposal.tested is not None
    assert 0 <= proposal.tested.slices["all"].hits <= 1
    assert OnnxScorer.load(proposal.fitted.folder, proposal.fitted.version).recommend([item_key("i-1")], [], 10)


def test_a_heavy_user_is_named() -> None:
    """In the report's first lines."""
    assert any("one user sent 99% of all events" in line for line in measured(one_heavy_user()).lines())


@pytest.mark.parametrize(
    "rows",
    [
        shop([(0, 0, 0.0)], kind=EventKind.ItemRated, value=1.0),
        shop([(n, n % 5, 60.0 * n) for n in range(100)], kind=EventKind.ItemDisliked),
        shop([(0, 0, 0.0)]).select(np.array([False])),
    ],
    ids=["one bad rating", "only dislikes", "no events"],
)
def test_nothing_to_learn_from_is_refused(rows: Interactions, tmp_path: Path) -> None:
    """Nothing is written."""
    with pytest.raises(InvalidInputError, match="none"):
        proposed(rows, tmp_path)
    assert not (tmp_path / "model").exists()
