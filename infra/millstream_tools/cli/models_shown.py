"""Models as text and as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

from millstream.application.ports import ModelStore, OnUnreadable, PublishedModel
from millstream.domain.models.cards import Card, LogRange
from millstream.domain.models.promotions import Promotion
from millstream_tools.cli.console import counted
from millstream_tools.cli.tables import table

MAIN_METRICS = ("hr@10", "hit@10", "ndcg@10")
"""The metrics that a list shows; a protocol without these shows its first two."""

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Registry:
    """The contents of the model registry, read once."""

    models: Sequence[PublishedModel]
    promotions: Sequence[Promotion]

    @classmethod
    def of(cls, store: ModelStore, on_unreadable: OnUnreadable) -> Registry:
        """Read the registry; `on_unreadable` is called with models that are left out."""
        return cls(store.models(on_unreadable), store.promotions())

    @property
    def champion(self) -> str | None:
        """The serving version."""
        return self.promotions[-1].version if self.promotions else None


def listing(registry: Registry) -> str:
    """A table with one line per model, newest first."""
    return table(
        ("", "version", "algorithm", "made", "items", "metrics"),
        (
            (
                "serves" if model.version == registry.champion else "",
                model.version,
                model.card.algorithm,
                moment(model.card.created_at_ms),
                f"{model.card.vocabulary_items:,}",
                _main_metrics(model.card),
            )
            for model in registry.models
        ),
        {"items"},
    )


def plain_listing(registry: Registry) -> list[dict[str, Any]]:
    """The same as JSON."""
    return [
        {
            "version": model.version,
            "champion": model.version == registry.champion,
            "digest": model.digest,
            "published_at_ms": model.published_at_ms,
            "card": model.card.plain(),
        }
        for model in registry.models
    ]


def plain_model(model: PublishedModel, promotions: Sequence[Promotion]) -> dict[str, Any]:
    """One model as JSON."""
    return {
        "version": model.version,
        "champion": bool(promotions) and promotions[-1].version == model.version,
        "digest": model.digest,
        "published_at_ms": model.published_at_ms,
        "card": model.card.plain(),
        "signature": dict(model.signature),
        "promotions": [one._asdict() for one in promotions if model.version in (one.version, one.replaced)],
    }


def model_lines(model: PublishedModel, promotions: Sequence[Promotion]) -> Iterator[str]:
    """One model as text: names on the left, values on the right."""
    card = model.card
    yield from _lines("version", [model.version])
    yield from _lines("serving", list(_serving(model.version, promotions)) or ["no"])
    yield from _lines("algorithm", [card.algorithm])
    yield from _lines(
        "made", [f"{moment(card.created_at_ms)}, in {card.cost.wall_s:,.1f} s, {card.cost.cpu_s:,.1f} s of CPU"]
    )
    yield from _lines("published", [moment(model.published_at_ms)])
    yield from _lines("digest", [model.digest])
    yield from _lines("training set", [card.training_set or "unknown: the card is of an older format"])
    yield from _lines("log", [] if card.log is None else _log(card.log))
    yield from _lines("made from", [] if card.made_from is None else [card.made_from])
    yield from _lines("seed", ["none: fitting is deterministic" if card.seed is None else str(card.seed)])
    yield from _lines("items", [f"{card.vocabulary_items:,}"])
    yield from _lines("knobs", _columns({name: json.dumps(value) for name, value in _flat("", card.knobs)}))
    for protocol, values in card.metrics.items():
        yield from _lines(
            "metrics", [protocol, *_columns({name: f"{value:.4f}" for name, value in values.items()}, "  ")]
        )
    if not card.metrics:
        yield from _lines("metrics", [NOT_MEASURED])
    yield from _lines("takes", [_tensor(one) for one in model.signature.get("inputs", ())])
    yield from _lines("gives", [_tensor(one) for one in model.signature.get("outputs", ())])


def moment(ms: int) -> str:
    """A time, UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")


def _main_metrics(card: Card) -> str:
    protocols = (f"{_short_name(protocol)}: {_best_known(values)}" for protocol, values in card.metrics.items())
    return "; ".join(protocols) or NOT_MEASURED


def _short_name(protocol: str) -> str:
    """The beginning of a protocol's name, for the list: `show` prints all of it."""
    return re.split(r" \(|[,;] ", protocol, maxsplit=1)[0]


def _best_known(values: Mapping[str, float]) -> str:
    known = [name for name in values if name.lower() in MAIN_METRICS] or list(values)[:2]
    return ", ".join(f"{name} {values[name]:.4f}" for name in known)


def _serving(version: str, promotions: Sequence[Promotion]) -> Iterator[str]:
    """The periods in which the model served, oldest first, as far as promotions are kept."""
    for promotion, next_one in zip_longest(promotions, promotions[1:]):
        if promotion.version == version:
            until = "until now" if next_one is None else f"to {moment(next_one.at_ms)}"
            how = "after a rollback from" if promotion.rolled_back else "in place of"
            before = "" if promotion.replaced is None else f", {how} {promotion.replaced}"
            yield f"from {moment(promotion.at_ms)} {until}{before}"


def _log(log: LogRange) -> Iterator[str]:
    unreadable = f", {log.unreadable:,} of them unreadable" if log.unreadable else ""
    events = f"{counted(log.events, 'event')} of {counted(log.users, 'user')}"
    yield f"{counted(log.records, 'record')}{unreadable}: {events}"
    for first, last in log.shards:
        yield f"{first} to {last}"
    yield f"SHA-256 {log.digest}"


def _tensor(tensor: Mapping[str, Any]) -> str:
    shape = ", ".join(str(length) for length in tensor["shape"])
    return f"{tensor['name']}: {tensor['dtype']}[{shape}]"


def _flat(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Flatten nested hyperparameters to dotted names: the parts of a blend have their own."""
    inner = dict(enumerate(value)) if isinstance(value, list) else value
    if not isinstance(inner, Mapping) or not inner:
        yield name, value
        return
    for key, one in inner.items():
        yield from _flat(f"{name}.{key}" if name else str(key), one)


def _columns(values: Mapping[str, str], indent: str = "") -> Iterator[str]:
    width = max(map(len, values), default=0)
    for name, value in values.items():
        yield f"{indent}{name:<{width}}  {value}"


def _lines(name: str, lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    for place, line in enumerate(lines):
        yield f"{'' if place else name:<14}{line}"
