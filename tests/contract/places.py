"""Where an AWS adapter is tried: in moto or in the local cloud, with tables as template.yaml describes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from millstream_tools.cloud.local.template import read_template

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
SCHEMA = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
_numbers = count(1)


class Place:
    """An AWS of its own, as far as a test can tell: everything that it makes is new."""

    def __init__(self, client: Callable[[str], Any], region: str) -> None:
        self.client = client
        self.region = region

    def table(self, logical_id: str) -> str:
        """A new table with the schema that template.yaml gives to this resource; its name."""
        name = _new_name(logical_id)
        self.client("dynamodb").create_table(TableName=name, **_schema(logical_id))
        return name

    def bucket(self) -> str:
        """A new bucket; its name."""
        name = _new_name("bucket").lower()
        self.client("s3").create_bucket(Bucket=name)
        return name

    def queue(self) -> str:
        """A new queue; its URL."""
        return str(self.client("sqs").create_queue(QueueName=_new_name("queue"))["QueueUrl"])

    def stream(self, shards: int) -> str:
        """A new stream; its name."""
        name, kinesis = _new_name("stream"), self.client("kinesis")
        kinesis.create_stream(StreamName=name, ShardCount=shards)
        kinesis.get_waiter("stream_exists").wait(StreamName=name)
        return name


def _new_name(kind: str) -> str:
    return f"{kind}-{next(_numbers)}"


@cache
def _schema(logical_id: str) -> dict[str, Any]:
    properties = read_template(TEMPLATE)["Resources"][logical_id]["Properties"]
    return {name: properties[name] for name in SCHEMA if name in properties}
