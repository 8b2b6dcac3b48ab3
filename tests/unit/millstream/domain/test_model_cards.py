"""One form of card for every model, and each refusal names its field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from millstream.domain.errors import InvalidInputError
from millstream.domain.log.positions import Position
from millstream.domain.models.cards import LONGEST, Card, Cost, LogRange, read_card

LOG = LogRange(((Position("history", 1), Position("history", 9)),), 9, 1, 40, 5, "d1" * 32)
CARD = Card(
    algorithm="sasrec",
    created_at_ms=1_795_300_000_000,
    training_set="0f" * 16,
    vocabulary_items=12,
    cost=Cost(61.5, 118.25),
    knobs={"width": 64, "dropout": 0.2, "layers": ["attention", "dense"]},
    metrics={"leave-one-out": {"HR@10": 0.315, "NDCG@10": 0.182}, "time split": {"HR@10": 0.25}},
    seed=42,
    log=LOG,
    made_from="sasrec-000000000000",
)
FIRST_FORM: dict[str, Any] = {
    "format": 1,
    "algorithm": "covisitation",
    "created_at_ms": 42,
    "parameters": {"neighbours": 100},
    "log": {
        "shards": [{"first": "history:1", "last": "history:2"}],
        "records": 2,
        "unreadable_records": 0,
        "events": 5,
        "users": 2,
        "digest": "aa",
    },
    "vocabulary_items": 4,
    "metrics": {"prequential": {"hit@10": 0.25}},
    "seed": None,
    "cost": {"wall_s": 3.0, "cpu_s": 2},
}


def test_a_card_comes_back_as_it_was_written() -> None:
    """With everything that may be missing, and without it."""
    assert read_card(CARD.to_json()) == CARD
    bare = Card("ease", 0, "sha256:ab", 3, Cost(0, 0), {}, {})
    assert read_card(bare.to_json()) == bare


def test_a_card_of_the_first_form_is_still_read() -> None:
    """It called the knobs parameters, and named no training set but a range of the log."""
    card = read_card(json.dumps(FIRST_FORM))
    assert (card.training_set, card.made_from, card.knobs) == (None, None, {"neighbours": 100})
    assert card.log == LogRange(((Position("history", 1), Position("history", 2)),), 2, 0, 5, 2, "aa")
    assert (card.metrics, card.cost, card.seed) == ({"prequential": {"hit@10": 0.25}}, Cost(3, 2), None)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"format": 3}, "card.json: format: expected 1 to 2, got 3"),
        ({"algorithm": ""}, "card.json: algorithm: expected a string of 1 to 256 characters, got ''"),
        ({"training_set": None}, "card.json: training_set: expected a string of 1 to 256 characters, got null"),
        ({"created_at_ms": -1}, "card.json: created_at_ms: expected a whole number from 0, got -1"),
        ({"created_at_ms": True}, "card.json: created_at_ms: expected a whole number from 0, got true"),
        ({"seed": 1.5}, "card.json: seed: expected a whole number from 0, got 1.5"),
        ({"knobs": []}, "card.json: knobs: expected an object, got []"),
        ({"metrics": {"split": 0.2}}, "card.json: metrics.split: expected an object, got 0.2"),
        (
            {"metrics": {"split": {"HR@10": "good"}}},
            "card.json: metrics.split.HR@10: expected a finite number, got 'good'",
        ),
        ({"metrics": {"split": {"HR@10": float("nan")}}}, "metrics.split.HR@10: expected a finite number, got nan"),
        ({"cost": {"wall_s": 1}}, "card.json: cost.cpu_s: expected a finite number, got null"),
        ({"made_from": 7}, "card.json: made_from: expected a string of 1 to 256 characters, got 7"),
        ({"log": {"shards": "all"}}, "card.json: log.shards: expected a list, got 'all'"),
        (
            {"log": FIRST_FORM["log"] | {"shards": [{"first": "history:1", "last": 2}]}},
            "card.json: log.shards[0].last: expected a position, shard:sequence-number, got 2",
        ),
        ({"log": FIRST_FORM["log"] | {"users": "many"}}, "card.json: log.users: expected a whole number from 0"),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, Any], told: str) -> None:
    """The field, what was expected, what came."""
    with pytest.raises(InvalidInputError) as refused:
        read_card(json.dumps(CARD.plain() | changed))
    assert told in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "[" * 90_000, " " * (LONGEST + 1)])
def test_what_is_no_card_at_all_is_refused(text: str) -> None:
    """Not JSON, no object, or far too long."""
    with pytest.raises(InvalidInputError, match=r"^card.json: expected"):
        read_card(text)
