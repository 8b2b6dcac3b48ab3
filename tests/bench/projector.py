"""The whole projector: from the Lambda event of a 1,000-event batch to every row written, without the network.

Everybody's boto3 does all of its own work (checking, serialising, signing, parsing); only the HTTP exchange is not.
The idiomatic peer is Powertools with pydantic and boto3 resources: a read and two writes an event. The strong peer is a
plain boto3 client around a fold, with one read and one write a user and batch, a list of maps a user, orjson, and no
condition on its writes. Millstream writes packed rows, each with a condition on its version.

The second table is about one user row with 100 events, in memory to stored and back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from millstream.adapters.aws.dynamo_feature_store import trend_key, user_key
from millstream.adapters.aws.dynamo_views import DynamoViews
from millstream.adapters.memory import MemoryDeadLetters
from millstream.application.ports import FIRST_VIEW
from millstream.application.project.project_events import ProjectEvents
from millstream.domain.keys import PSEUDONYM_BYTES
from millstream.domain.views import trend_row, user_row
from millstream.domain.views.user_state import RECENT_EVENTS
from millstream.entrypoints.stream import log_records
from tests.bench import fold
from tests.bench.comparing import Compared
from tests.bench.kinesis import SHARD, as_json, lambda_event, packed
from tests.bench.measuring import Contender, measured
from tests.bench.network import Network
from tests.bench.peers.plain_fold import fold_plainly
from tests.bench.peers.plain_projector import WEIGHTS, PlainProjector, user_item, user_view
from tests.bench.peers.powertools_fold import BatchHandler
from tests.bench.peers.powertools_projector import TablePerEvent
from tests.bench.peers.views import Views
from tests.bench.reporting import Report, Table
from tests.bench.stored import WireItem, answers, on_the_wire
from tests.bench.trace import Cut, Step, Visitors, calls, cut, full_calls, histories, steps
from tests.references.dynamo_size import item_bytes, write_units

PROMISED_RATIO = 6.0


@dataclass(frozen=True)
class Size(fold.Size):
    """Fewer rounds than of the fold alone: the idiomatic peer takes seconds for each."""

    rounds: int = 7


FULL = Size()
TINY = Size(before=200, batch=50, rounds=1, visitors=Visitors(at_once=20, users=50, items=150))


def run(size: Size = FULL) -> Report:
    """Measure all of them, in one process."""
    one = cut(calls(steps(size.visitors), 1), size.before, size.batch)
    ten = cut(calls(steps(size.visitors), 10), size.before, size.batch)
    twenty = cut(full_calls(steps(size.visitors), 20), size.before, size.batch)
    views = _views(one.before)
    cuts = [one, one, one, ten, twenty]
    timings = measured(
        [
            _idiomatic(one, views),
            _strong(one, views),
            _millstream("Millstream, one event a record", one),
            _millstream("Millstream, calls of up to 10 events", ten),
            _millstream("Millstream, calls of 20 events", twenty),
        ],
        size.rounds,
    )
    compared = Compared(timings, cuts, idiomatic=0, strong=1)
    title = f"CPU per event, a whole batch of {size.batch:,} events, clients included"
    return Report(
        "projector",
        (compared.table(title), _codecs(size)),
        compared.gates(2, PROMISED_RATIO, "the idiomatic projector"),
    )


def _millstream(name: str, used: Cut) -> Contender:
    users, trend = fold.states(used.before)
    rows: dict[str, WireItem] = {}
    for user, state in users.items():
        key = user_key(FIRST_VIEW.number, user)
        item = {**key, "s": {"B": user_row.pack(state)}, "v": {"N": "3"}}
        rows[on_the_wire(key)["u"]["B"]] = on_the_wire(item)
    rows[" ".join(named["S"] for named in trend_key(FIRST_VIEW.number, SHARD).values())] = on_the_wire(
        {"s": {"B": trend_row.pack(trend)}, "v": {"N": "3"}}
    )
    network = Network(answers(rows))
    project = ProjectEvents(DynamoViews(network.client("dynamodb"), "users", "items"), MemoryDeadLetters())
    event = lambda_event(map(packed, used.batch), first=len(used.before))
    return Contender(name, lambda: lambda: project(SHARD, log_records(event)), network.unbilled)


def _idiomatic(used: Cut, views: Views) -> Contender:
    network = Network(answers({user_id: user_item(user_id, view) for user_id, view in views.users.items()}))
    tables = network.resource("dynamodb")
    handle = BatchHandler(TablePerEvent(tables.Table("users"), tables.Table("items")).fold)
    return _contender("Powertools + pydantic + resources (idiomatic peer)", used, network, handle)


def _strong(used: Cut, views: Views) -> Contender:
    rows: dict[str, WireItem] = {user_id: user_item(user_id, view) for user_id, view in views.users.items()}
    rows[WEIGHTS] = {"user_id": {"S": WEIGHTS}, "weights": {"S": orjson.dumps(views.weights).decode()}}
    network = Network(answers(rows))
    return _contender(
        "plain boto3 client with a fold (strong peer)",
        used,
        network,
        PlainProjector(network.client("dynamodb"), "users"),
    )


def _contender(name: str, used: Cut, network: Network, handle: Callable[[dict[str, Any]], object]) -> Contender:
    event = lambda_event((as_json(step) for call in used.batch for step in call), first=len(used.before))
    return Contender(name, lambda: lambda: handle(event), network.unbilled)


def _views(before: Iterable[list[Step]]) -> Views:
    views = Views()
    fold_plainly(lambda_event(as_json(step) for call in before for step in call), views, orjson.loads)
    return views


def _codecs(size: Size) -> Table:
    past = [next(histories(size.visitors, RECENT_EVENTS))]
    ((user_id, view),) = _views(past).users.items()
    (state,) = fold.states(past)[0].values()
    row, item = user_row.pack(state), user_item(user_id, view)
    often = range(50)
    timings = [
        timing.per(len(often))
        for timing in measured(
            [
                _repeated("user_row.pack", often, lambda: user_row.pack(state)),
                _repeated("user_row.unpack", often, lambda: user_row.unpack(row)),
                _repeated("TypeSerializer", often, lambda: user_item(user_id, view)),
                _repeated("TypeDeserializer", often, lambda: user_view(item)),
            ],
            size.rounds,
        )
    ]
    ours = item_bytes({**user_key(FIRST_VIEW.number, bytes(PSEUDONYM_BYTES)), "s": {"B": row}, "v": {"N": "100"}})
    return Table(
        f"One user row with {len(view.recent)} events",
        ("", "bytes", "write units", "write µs", "read µs"),
        (
            ("Millstream, packed", ours, write_units(ours), 1e6 * timings[0].median, 1e6 * timings[1].median),
            (
                "boto3 TypeSerializer, list of maps",
                item_bytes(item),
                write_units(item_bytes(item)),
                1e6 * timings[2].median,
                1e6 * timings[3].median,
            ),
        ),
    )


def _repeated(name: str, often: range, work: Callable[[], object]) -> Contender:
    return Contender(name, lambda: lambda: [work() for _ in often])
