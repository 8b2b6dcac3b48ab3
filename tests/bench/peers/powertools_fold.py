"""The idiomatic peer: Powertools' BatchProcessor with a pydantic model of the record.

Source: https://docs.aws.amazon.com/powertools/python/latest/utilities/batch/#pydantic-integration
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.parser.models import KinesisDataStreamRecord, KinesisDataStreamRecordPayload
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Json


class Behaviour(BaseModel):
    """One event."""

    user_id: str
    session_id: str
    event_id: str
    kind: Literal["ItemViewed", "ItemAddedToCart", "ItemPurchased", "ItemRated"]
    item_id: str
    occurred_at_ms: int


class BehaviourPayload(KinesisDataStreamRecordPayload):
    """The record's data, read as JSON."""

    data: Json[Behaviour]


class BehaviourRecord(KinesisDataStreamRecord):
    """One record of the batch."""

    kinesis: BehaviourPayload


@dataclass(frozen=True)
class BatchHandler:
    """A Lambda handler that shows each event of a batch to `fold`."""

    fold: Callable[[Behaviour], object]

    def __call__(self, event: dict[str, Any]) -> object:
        """The answer with the records that failed."""
        processor = BatchProcessor(event_type=EventType.KinesisDataStreams, model=BehaviourRecord)
        return process_partial_response(
            event=event, record_handler=self._record, processor=processor, context=LambdaContext()
        )

    def _record(self, record: BehaviourRecord) -> None:
        self.fold(record.kinesis.data)
