"""Model cards: algorithm, training data, metrics and cost.

All algorithms have the same card, so that models can be compared. Cards of format 1, without a training set, are read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from millstream.domain.errors import InvalidInputError
from millstream.domain.fields import mapping, optional_id, optional_number, required_id
from millstream.domain.formats import check_format
from millstream.domain.log.positions import Position, parse_position

FORMAT = 2
FILE = "card.json"
LONGEST = 100_000
"""Characters; a card is stored whole in the registry's row."""

_LARGEST = 2**63


class Cost(NamedTuple):
    """Time to fit the model, in seconds: wall-clock time, and CPU time of all cores."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class LogRange:
    """The part of the log a model was fitted on: first and last record of each shard, and a digest of all records."""

    shards: tuple[tuple[Position, Position], ...]
    records: int
    unreadable: int
    events: int
    users: int
    digest: str


@dataclass(frozen=True)
class Card:
    """The description of a model.

    `training_set` identifies the training data: the id of a training set, or the digest of the files. `log` is the part
    of the log that it came from, if any. `metrics` are grouped by evaluation protocol, and empty if the model was not
    evaluated. `seed` is that of the fit; older cards have None where
    fitting is deterministic. `made_from` is the version of the model that this one was
    compressed or distilled from. `choice` says how it was chosen among others: units, what was tried, comparisons.
    """

    algorithm: str
    created_at_ms: int
    training_set: str | None
    vocabulary_items: int
    cost: Cost
    knobs: Mapping[str, Any]
    metrics: Mapping[str, Mapping[str, float]]
    seed: int | None = None
    log: LogRange | None = None
    made_from: str | None = None
    choice: Mapping[str, Any] | None = None

    def plain(self) -> dict[str, Any]:
        """The card as JSON values."""
        return {
            "format": FORMAT,
            "algorithm": self.algorithm,
            "created_at_ms": self.created_at_ms,
            "training_set": self.training_set,
            "log": None if self.log is None else plain_range(self.log),
            "made_from": self.made_from,
            "knobs": dict(self.knobs),
            "seed": self.seed,
            "vocabulary_items": self.vocabulary_items,
            "metrics": {protocol: dict(values) for protocol, values in self.metrics.items()},
            "cost": self.cost._asdict(),
            **({} if self.choice is None else {"choice": dict(self.choice)}),
        }

    def to_json(self) -> str:
        """The text of `card.json`. Equal cards give equal text."""
        return json.dumps(self.plain(), indent=2, sort_keys=True) + "\n"


def read_card(text: str | bytes) -> Card:
    """Parse the output of `to_json`, of this format or an older one.

    Raises InvalidInputError for an invalid field, UnknownFormatError for a newer format.
    """
    if len(text) > LONGEST:
        raise InvalidInputError(FILE, f"up to {LONGEST:,} characters", f"{len(text):,}")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(FILE, "JSON", str(error)) from error
    card = mapping(FILE, content)
    form = check_format(FILE, card.get("format"), FORMAT)
    return Card(
        algorithm=required_id(card, "algorithm", f"{FILE}: "),
        created_at_ms=_whole(card, "created_at_ms"),
        training_set=None if form == 1 else required_id(card, "training_set", f"{FILE}: "),
        vocabulary_items=_whole(card, "vocabulary_items"),
        cost=_cost(_mapping(card, "cost")),
        knobs=_mapping(card, "parameters" if form == 1 else "knobs"),
        metrics=_metrics(_mapping(card, "metrics")),
        seed=None if card.get("seed") is None else _whole(card, "seed"),
        log=None if card.get("log") is None else read_range(_mapping(card, "log")),
        made_from=optional_id(card, "made_from", f"{FILE}: "),
        choice=None if card.get("choice") is None else _mapping(card, "choice"),
    )


def plain_range(log: LogRange) -> dict[str, Any]:
    """A range as JSON values."""
    return {
        "shards": [{"first": str(first), "last": str(last)} for first, last in log.shards],
        "records": log.records,
        "unreadable_records": log.unreadable,
        "events": log.events,
        "users": log.users,
        "digest": log.digest,
    }


def read_range(of: Mapping[str, Any]) -> LogRange:
    """The inverse of `plain_range`. Raises InvalidInputError."""
    shards = of.get("shards")
    if not isinstance(shards, list):
        raise InvalidInputError(f"{FILE}: log.shards", "a list", shards)
    ranges = [_shard(f"log.shards[{place}]", shard) for place, shard in enumerate(shards)]
    return LogRange(
        shards=tuple(ranges),
        records=_whole(of, "records", "log."),
        unreadable=_whole(of, "unreadable_records", "log."),
        events=_whole(of, "events", "log."),
        users=_whole(of, "users", "log."),
        digest=required_id(of, "digest", f"{FILE}: log."),
    )


def _shard(where: str, shard: object) -> tuple[Position, Position]:
    ends = mapping(f"{FILE}: {where}", shard)
    return _position(ends, "first", where), _position(ends, "last", where)


def _position(of: Mapping[str, Any], name: str, where: str) -> Position:
    value = of.get(name)
    try:
        return parse_position(value if isinstance(value, str) else "")
    except InvalidInputError as error:
        raise InvalidInputError(f"{FILE}: {where}.{name}", "a position, shard:sequence-number", value) from error


def _cost(of: Mapping[str, Any]) -> Cost:
    return Cost(_number(of, "wall_s", "cost."), _number(of, "cpu_s", "cost."))


def _metrics(of: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    return {
        protocol: {name: _number(values, name, f"metrics.{protocol}.") for name in values}
        for protocol, values in ((protocol, _mapping(of, protocol, "metrics.")) for protocol in of)
    }


def _mapping(of: Mapping[str, Any], name: str, where: str = "") -> Mapping[str, Any]:
    return mapping(f"{FILE}: {where}{name}", of.get(name))


def _number(of: Mapping[str, Any], name: str, where: str = "") -> float:
    value = optional_number(of, name, f"{FILE}: {where}")
    if value is None:
        raise InvalidInputError(f"{FILE}: {where}{name}", "a finite number", None)
    return value


def _whole(of: Mapping[str, Any], name: str, where: str = "") -> int:
    value = of.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _LARGEST:
        raise InvalidInputError(f"{FILE}: {where}{name}", "a whole number from 0", value)
    return value
