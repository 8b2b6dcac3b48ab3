from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import onnx
import pytest

from millstream.domain.log.positions import Position
from millstream.domain.models.cards import Cost, read_card
from millstream.learning.families.covisitation import CovisitationKnobs
from millstream.scoring.model_folder import CARD, DECISIVE, SUMS
from millstream.scoring.signature import read_signature
from tests.unit.millstream.learning.histories import NO_COST, export, exported, fit, log_of

LOG = log_of({"one": ["a", "b", "ü\nber"], "two": ["a", "c"]})


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_exporting_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    """Fitted twice and written to two folders."""
    first, second = exported(LOG, tmp_path / "first"), exported(LOG, tmp_path / "second")
    assert bytes_of(first.folder) == bytes_of(second.folder)
    assert (first.version, first.digest) == (second.version, second.digest)


def test_exporting_over_an_older_model_leaves_nothing_of_it(tmp_path: Path) -> None:
    """A folder that is written again is as if it was new."""
    exported(log_of({"user": [str(n) for n in range(40)]}), tmp_path / "model")
    assert bytes_of(exported(LOG, tmp_path / "model").folder) == bytes_of(exported(LOG, tmp_path / "fresh").folder)


def test_the_version_is_the_algorithm_and_the_digest(tmp_path: Path) -> None:
    """People read the one, programs compare the other."""
    model = exported(LOG, tmp_path)
    assert model.version == f"covisitation-{model.digest[:12]}"


def test_when_a_model_was_made_does_not_change_its_version(tmp_path: Path) -> None:
    """The same history gives the same version, on whatever day and machine."""
    model = fit(LOG)
    now = export(model, tmp_path / "now", created_at_ms=0, cost=NO_COST)
    later = export(model, tmp_path / "later", created_at_ms=1, metrics={"p": {"hit@10": 0.5}}, cost=Cost(2.0, 1.0))
    assert now.version == later.version


def test_another_history_gives_another_version(tmp_path: Path) -> None:
    """One more event that changes an answer."""
    other = log_of({"one": ["a", "b", "ü\nber"], "two": ["a", "c", "b"]})
    assert exported(LOG, tmp_path / "one").version != exported(other, tmp_path / "other").version


def test_the_sums_are_in_the_form_of_the_system_tool(tmp_path: Path) -> None:
    """Anybody can check a folder without Millstream, by sha256sum --check."""
    folder = exported(LOG, tmp_path).folder
    lines = [f"{sha256((folder / name).read_bytes()).hexdigest()}  {name}" for name in DECISIVE]
    assert (folder / SUMS).read_text().splitlines() == lines


def test_the_card_tells_where_the_model_came_from(tmp_path: Path) -> None:
    """Algorithm, parameters, log range, metrics with their protocol, cost and time, all as passed in."""
    model = export(
        fit(LOG),
        tmp_path,
        created_at_ms=42,
        metrics={"prequential": {"hit@10": 0.25}},
        cost=Cost(wall_s=3.0, cpu_s=2.0),
    )
    card = read_card((model.folder / CARD).read_text())
    assert (card.algorithm, card.knobs["neighbours"], card.seed) == ("covisitation", 100, 0)
    assert card.log is not None
    assert card.log.shards == ((Position("history", 1), Position("history", 2)),)
    assert (card.log.events, card.log.users, card.vocabulary_items) == (5, 2, 4)
    assert card.metrics == {"prequential": {"hit@10": 0.25}}
    assert (card.created_at_ms, card.cost) == (42, Cost(wall_s=3.0, cpu_s=2.0))


def test_the_card_names_what_the_model_was_fitted_on(tmp_path: Path) -> None:
    """The same records give the same id of the training set; one more record, another one."""
    again = log_of({"one": ["a", "b", "ü\nber"], "two": ["a", "c"]})
    longer = log_of({"one": ["a", "b", "ü\nber"], "two": ["a", "c"], "three": ["a"]})
    ids = [
        read_card((exported(log, tmp_path / str(place)).folder / CARD).read_text()).training_set
        for place, log in enumerate((LOG, again, longer))
    ]
    assert ids[0] == ids[1] != ids[2]


def test_the_ids_stand_in_the_order_of_the_keys(tmp_path: Path) -> None:
    """One JSON string a line, so that an id may hold anything."""
    folder = exported(LOG, tmp_path).folder
    ids = [json.loads(line) for line in (folder / "vocabulary.ids").read_text().splitlines()]
    assert ids == list(fit(LOG).item_ids)
    assert sorted(ids) == ["a", "b", "c", "ü\nber"]


def test_the_graph_is_valid_onnx_and_small(tmp_path: Path) -> None:
    """The matrices lie beside it, so that a session starts without copying them."""
    graph = exported(LOG, tmp_path).folder / "model.onnx"
    onnx.checker.check_model(str(graph), full_check=True)
    assert graph.stat().st_size < 10_000


def test_how_a_model_is_asked_is_part_of_its_version(tmp_path: Path) -> None:
    """The signature says it, so two models with the same neighbours are two."""
    plain, steep = (exported(LOG, tmp_path / str(d), CovisitationKnobs(asked_decay=d)) for d in (0.7, 0.3))
    assert plain.version != steep.version
    assert read_signature(steep.folder).features.decay == 0.3
    assert read_card((steep.folder / CARD).read_text()).knobs["asked_decay"] == 0.3


@pytest.mark.parametrize("name", DECISIVE)
def test_no_file_is_left_out(name: str, tmp_path: Path) -> None:
    """The folder holds what its sums list."""
    assert (exported(LOG, tmp_path).folder / name).stat().st_size > 0


def test_a_model_of_before_the_rename_keeps_its_version(tmp_path: Path) -> None:
    """The producer's name is part of the graph's bytes."""
    exported(LOG, tmp_path)
    assert onnx.load(tmp_path / "model.onnx", load_external_data=False).producer_name == "freshet"
