"""Two other handlers of GET /recommendations/{user} over the same co-visitation model, in numpy.

The idiomatic one is Powertools' resolver with a boto3 resource and a list of maps a user; it scores the whole catalogue
and sorts it. The strong one is a plain function with a client and one JSON text a user; it scores only the items that
the user's latest ones lead to. Both keep the present session out, log the slate, and answer as much as Millstream does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.metrics import MetricUnit
from numpy.typing import NDArray

from millstream.domain.views.tastes import TAIL_ITEMS
from millstream.domain.views.user_state import SESSION_GAP_S
from tests.unit.millstream.learning.histories import CovisitationModel

SLATE = 10
Handler = Callable[[dict[str, Any], Any], Any]
Best = list[tuple[int, float]]
"""Places of items in the vocabulary with their scores, best first."""


@dataclass(frozen=True)
class Matrices:
    """The model's neighbours as arrays, the place of each item, and how the latest ones are weighed."""

    place_of: dict[str, int]
    item_ids: tuple[str, ...]
    items: NDArray[np.int32]
    scores: NDArray[np.float32]
    decay: float

    @classmethod
    def of(cls, model: CovisitationModel) -> Matrices:
        """Unscaled, in single precision."""
        neighbours = model.neighbours
        scores = neighbours.scores.astype(np.float32) / np.float32(neighbours.scale)
        places = {item_id: place for place, item_id in enumerate(model.item_ids)}
        return cls(places, model.item_ids, neighbours.items, scores, model.model.decay)

    def over_everything(self, tail: Sequence[int], excluded: Sequence[int]) -> Best:
        """A score for each item of the catalogue, sorted."""
        total = np.zeros(len(self.items), np.float32)
        for age, place in enumerate(tail):
            total[self.items[place]] += self.scores[place] * self.decay**age
        total[[*excluded, -1]] = 0
        best = np.argsort(-total)[:SLATE]
        return [(int(place), float(total[place])) for place in best]

    def over_neighbours(self, tail: Sequence[int], excluded: Sequence[int]) -> Best:
        """A score for each item that follows one of the tail, and only for those."""
        weights = self.scores[tail] * (self.decay ** np.arange(len(tail), dtype=np.float32))[:, None]
        found, place_in_found = np.unique(self.items[tail].ravel(), return_inverse=True)
        total = np.bincount(place_in_found, weights.ravel())
        total[np.isin(found, [*excluded, len(self.item_ids)])] = 0
        best = np.argsort(-total)[:SLATE]
        return [(int(found[place]), float(total[place])) for place in best]


@dataclass(frozen=True)
class Catalogue:
    """What a handler knows of the shop."""

    matrices: Matrices
    names: dict[str, str]

    def asked(self, recent: Iterable[tuple[str, int]]) -> tuple[list[int], list[int]]:
        """The places of the latest distinct items, and of those of the present session; `recent` is newest first."""
        tail: dict[str, None] = {}
        session: dict[str, None] = {}
        later_ms: int | None = None
        for item_id, at_ms in recent:
            if later_ms is not None and later_ms - at_ms >= 1000 * SESSION_GAP_S:
                later_ms = -1
            if later_ms is None or later_ms >= 0:
                later_ms = at_ms
                session[item_id] = None
            if len(tail) < TAIL_ITEMS:
                tail[item_id] = None
            elif later_ms == -1:
                break
        known = self.matrices.place_of
        return [known[item] for item in tail if item in known], [known[item] for item in session if item in known]

    def answer(self, user_id: str, request_id: str, best: Best) -> dict[str, Any]:
        """The body of an answer."""
        ids = self.matrices.item_ids
        items = [
            {"itemId": ids[place], "name": self.names[ids[place]], "score": round(score, 6), "source": "model"}
            for place, score in best
        ]
        return {"recommendationId": request_id, "userId": user_id, "itemList": items}


def slate_text(body: dict[str, Any]) -> bytes:
    """What goes to the log."""
    shown = [item["itemId"] for item in body["itemList"]]
    return json.dumps({"type": "SlateServed", "id": body["recommendationId"], "items": shown}).encode()


def idiomatic(catalogue: Catalogue, users: Any, kinesis: Any) -> Handler:
    """A Lambda handler as Powertools' documentation writes it; `users` is a boto3 Table."""
    app, logger, metrics, tracer = APIGatewayRestResolver(), Logger(), Metrics(), Tracer()

    @app.get("/recommendations/<user_id>")
    def recommendations(user_id: str) -> dict[str, Any]:
        found = users.get_item(Key={"user_id": user_id}, ConsistentRead=True).get("Item", {})
        recent = ((event["item_id"], int(event["at_ms"])) for event in reversed(found.get("recent", [])))
        tail, session = catalogue.asked(recent)
        best = catalogue.matrices.over_everything(tail, session)
        body = catalogue.answer(user_id, app.current_event.request_context.request_id, best)
        kinesis.put_record(StreamName="events", PartitionKey=user_id, Data=slate_text(body))
        metrics.add_metric("SlatesServed", MetricUnit.Count, 1)
        return body

    @logger.inject_lambda_context
    @tracer.capture_lambda_handler(capture_response=False)
    @metrics.log_metrics(capture_cold_start_metric=True)
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        return app.resolve(event, context)

    decorated: Handler = handler
    return decorated


def strong(catalogue: Catalogue, dynamodb: Any, kinesis: Any) -> Handler:
    """A Lambda handler without any framework, telemetry included."""

    def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
        user_id = event["pathParameters"]["user"]
        key = {"user_id": {"S": user_id}}
        found = dynamodb.get_item(TableName="users", Key=key, ConsistentRead=True).get("Item")
        recent = json.loads(found["recent"]["S"]) if found else []
        tail, session = catalogue.asked(reversed(recent))
        best = catalogue.matrices.over_neighbours(tail, session)
        body = catalogue.answer(user_id, event["requestContext"]["requestId"], best)
        kinesis.put_record(StreamName="events", PartitionKey=user_id, Data=slate_text(body))
        return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}

    return handler
