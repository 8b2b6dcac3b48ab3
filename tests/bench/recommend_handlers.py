"""The handlers that `recommend` compares, each with stored users and a network of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass

from millstream.adapters.aws.dynamo_feature_store import user_key
from millstream.adapters.aws.dynamo_views import DynamoViews
from millstream.adapters.aws.kinesis_event_log import KinesisEventLog
from millstream.adapters.local.system_clock import SystemClock
from millstream.application.ports import FIRST_VIEW
from millstream.application.recommend.catalogue_view import CatalogueView
from millstream.application.recommend.recommend import Recommend
from millstream.application.recommend.served import Served
from millstream.domain.keys import pseudonym
from millstream.domain.log.records import decode_cores
from millstream.domain.views import user_row
from millstream.domain.views.user_state import UserState
from tests.bench.kinesis import SECRET, SHARD, packed
from tests.bench.network import Network
from tests.bench.peers.plain_projector import user_item
from tests.bench.peers.recommenders import Catalogue, Handler, Matrices, idiomatic, strong
from tests.bench.peers.views import Views
from tests.bench.shop import Shop
from tests.bench.stored import WireItem, answers, on_the_wire
from tests.bench.trace import Step

_PLACE = {"ShardId": SHARD, "SequenceNumber": "49590338271490256608559692538361571095921575989136588898"}


@dataclass(frozen=True)
class Named:
    """A handler with its network."""

    name: str
    handler: Handler
    network: Network


def millstream(made: Shop) -> tuple[Recommend, Network]:
    """Millstream's use case, over its own adapters."""
    rows: dict[str, WireItem] = {}
    for user, history in made.users.items():
        key = user_key(FIRST_VIEW.number, pseudonym(user, SECRET))
        item = {**key, "s": {"B": user_row.pack(_state(history))}, "v": {"N": "100"}}
        rows[on_the_wire(key)["u"]["B"]] = on_the_wire(item)
    network = _network(rows)
    view = CatalogueView({item.key: item for item in reversed(made.items)})
    features = DynamoViews(network.client("dynamodb"), "users", "items").store(FIRST_VIEW.number)
    recommend = Recommend(
        log=KinesisEventLog(network.client("kinesis"), "events"),
        served=Served(lambda: made.scorer, lambda: view, lambda: (), lambda: features),
        clock=SystemClock(),
        pseudonym_secret=SECRET,
        on_error=print,
    )
    return recommend, network


def peers(made: Shop) -> list[Named]:
    """The idiomatic handler and the strong one."""
    views = Views()
    for history in made.users.values():
        for step in history:
            views.fold(step.user, step.event_id, step.kind.name, step.item, step.at_ms)
    catalogue = Catalogue(Matrices.of(made.model), {item.item_id: item.name for item in made.items})
    listed = _network({user_id: user_item(user_id, view) for user_id, view in views.users.items()})
    texts = _network({user_id: _text_item(user_id, made.users[user_id]) for user_id in views.users})
    table = listed.resource("dynamodb").Table("users")
    return [
        Named(
            "Powertools + resource + argsort (idiomatic peer)",
            idiomatic(catalogue, table, listed.client("kinesis")),
            listed,
        ),
        Named(
            "plain function, clients, neighbours (strong peer)",
            strong(catalogue, texts.client("dynamodb"), texts.client("kinesis")),
            texts,
        ),
    ]


def _network(rows: dict[str, WireItem]) -> Network:
    return Network({**answers(rows), "PutRecord": lambda _: _PLACE})


def _state(history: list[Step]) -> UserState:
    state = UserState()
    for number, step in enumerate(history, start=1):
        state.fold(0, number, decode_cores(packed([step])[1]).cores)
    return state


def _text_item(user_id: str, history: list[Step]) -> WireItem:
    return {"user_id": {"S": user_id}, "recent": {"S": json.dumps([[step.item, step.at_ms] for step in history])}}
