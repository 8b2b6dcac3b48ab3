"""A journey in process that takes every function through all it does, on resources made from the template.

What a Step Functions flow does is in `flows`, a module named after its folder.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3
import pytest

from millstream.adapters.aws.s3_model_store import NAME, POINTER, PREFIX
from millstream.application.ports import ModelStore
from millstream.domain.slates.slate import Candidate
from millstream.entrypoints.telemetry import telemetry
from millstream.wiring import functions as wired
from millstream_tools.cloud.local.template import Template
from tests.infra.cloudformation import FLOWS, environment, functions, references, resources
from tests.infra.recorded_calls import REGION, Permission, RecordedCalls

KNOWN = {"user": "u-1", "id": "i-1"}
"""What the parameters of a path stand for: what the journey has published and seen."""

Invoke = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Call the handler of a function, named as in the template."""


class SilentScorer:
    """A model that knows nothing: the journey is about how its files are fetched."""

    version = "v1"
    tail_items = 10
    exclude_seen = None

    def recommend(self, *_: object) -> list[Candidate]:
        """Nothing."""
        return []

    def similar(self, *_: object) -> list[Candidate]:
        """Nothing."""
        return []


@dataclass(frozen=True)
class Answered:
    """One answer of a handler: method and path as the contract writes them, status, body."""

    method: str
    path: str
    status: int
    body: dict[str, Any]


@dataclass(frozen=True)
class Travelled:
    """What came of a journey: the permissions that each function used, and what the handlers answered."""

    used: dict[str, set[Permission]]
    answers: list[Answered]


@dataclass(frozen=True)
class Context:
    """What Powertools reads of Lambda's context."""

    function_name: str = "function"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:function"
    aws_request_id: str = "request"

    def get_remaining_time_in_millis(self) -> int:
        """Enough for everything."""
        return 600_000


def travel(template: Template, calls: RecordedCalls, patch: pytest.MonkeyPatch) -> list[Answered]:
    """Publish, view, fold, view again, fold into what is there, meet a bad record, archive, recommend, be refused."""
    answers: list[Answered] = []
    patch.setattr(wired, "load_scorer", only_fetch)

    defaults = {name: str(one.get("Default", "")) for name, one in template["Parameters"].items()}
    named = defaults | calls.physical

    def invoke(name: str, event: dict[str, Any]) -> dict[str, Any]:
        forget_clients(template)
        for variable, value in environment(functions(template)[name]).items():
            patch.setenv(variable, value if isinstance(value, str) else named[next(references(value))])
        module = import_module(functions(template)[name]["Handler"].rpartition(".")[0])
        return calls.during(name, lambda: module.handler(event, Context()))

    def http(name: str, method: str, resource: str, body: object = None, **path: str) -> None:
        answer = invoke(name, request(method, resource, body, path))
        answers.append(Answered(method, resource, answer["statusCode"], json.loads(answer["body"])))

    def view(event_id: str, *users: str) -> None:
        event = {"eventId": event_id, "eventType": "ItemViewed", "itemId": "i-1"}
        for user in users or ("u-1",):
            http("AcceptEvents", "POST", "/events", {"userId": user, "eventList": [event]})

    def stream(name: str) -> None:
        assert invoke(name, batch(calls.physical["EventsStream"])) == {"batchItemFailures": []}

    put_champion(calls.physical["ModelsBucket"], calls.physical["ModelsTable"])
    http("PublishItems", "PUT", "/items", {"items": [{"itemId": "i-1", "name": "Train"}, {"itemId": "i-2"}]})
    for event_id in ("e-1", "e-2"):
        view(event_id)
        stream("ProjectEvents")
    put_unreadable_record(calls.physical["EventsStream"])
    stream("ProjectEvents")
    stream("ArchiveEvents")
    for method, resource in routes_of(template, "Recommend"):
        path = {name: known for name, known in KNOWN.items() if f"{{{name}}}" in resource}
        http("Recommend", method, resource, {"userId": "u-1"} if method == "POST" else None, **path)
    http("Recommend", "POST", "/recommendations", {"itemIds": ["i-1"]})
    http("ReportHealth", "GET", "/health")
    http("PublishItems", "PATCH", "/items/{id}", {"price": 2}, id="i-2")
    http("PublishItems", "DELETE", "/items/{id}", id="i-2")
    for flow in FLOWS:
        import_module(f"tests.infra.flows.{flow.parent.name}").travel(calls, invoke, view)
    http("PublishItems", "PUT", "/items", {"itemId": ""})
    http("AcceptEvents", "POST", "/events", {"eventList": []})
    http("AcceptEvents", "POST", "/events", {"userId": "u-1", "eventList": [{"eventType": "ItemLicked"}]})
    http("Recommend", "GET", "/items/{id}", id="i-unknown")
    http("PublishItems", "PATCH", "/items/{id}", {"prise": 2}, id="i-1")
    http("PublishItems", "DELETE", "/items/{id}", id="i-unknown")
    return answers


def only_fetch(models: ModelStore, version: str, folder: Path) -> SilentScorer:
    """Fetch a model's files, which are none."""
    models.fetch(version, folder)
    return SilentScorer()


def routes_of(template: Template, name: str) -> Sequence[tuple[str, str]]:
    """The routes that a function's handler answers, as (method, path); none where it is not behind the API."""
    module = import_module(functions(template)[name]["Handler"].rpartition(".")[0])
    return tuple(getattr(module, "ROUTES", ()))


def forget_clients(template: Template) -> None:
    """Functions keep their clients and their telemetry for the life of the process."""
    for function in functions(template).values():
        for value in vars(import_module(function["Handler"].rpartition(".")[0])).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()
    telemetry.cache_clear()


def make_resources(template: Template) -> dict[str, str]:
    """Tables, stream, buckets, queue and secret of the template, as logical id → physical name."""
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    for name, table in resources(template, "AWS::DynamoDB::Table").items():
        described = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        dynamodb.create_table(TableName=name, **{key: table[key] for key in described if key in table})
    for name in resources(template, "AWS::Kinesis::Stream"):
        boto3.client("kinesis", region_name=REGION).create_stream(StreamName=name, ShardCount=1)
    physical = {name: name for name in resources(template, "AWS::DynamoDB::Table", "AWS::Kinesis::Stream")}
    for name in resources(template, "AWS::S3::Bucket"):
        physical[name] = name.lower()
        boto3.client("s3", region_name=REGION).create_bucket(
            Bucket=name.lower(), CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
    for name in resources(template, "AWS::SQS::Queue"):
        physical[name] = boto3.client("sqs", region_name=REGION).create_queue(QueueName=name)["QueueUrl"]
    for name in resources(template, "AWS::SecretsManager::Secret"):
        secrets = boto3.client("secretsmanager", region_name=REGION)
        physical[name] = secrets.create_secret(Name=name, SecretString="key")["ARN"]
    return physical


def put_champion(bucket: str, table: str) -> None:
    """A model to fetch, and the pointer that says that it serves."""
    boto3.client("s3", region_name=REGION).put_object(Bucket=bucket, Key=f"{PREFIX}v1/model.onnx", Body=b"graph")
    pointer = {"name": {"S": NAME}, "version": {"S": POINTER}, "champion": {"S": "v1"}}
    boto3.client("dynamodb", region_name=REGION).put_item(TableName=table, Item=pointer)


def put_unreadable_record(stream: str) -> None:
    """A record that ends among the dead letters."""
    kinesis = boto3.client("kinesis", region_name=REGION)
    kinesis.put_record(StreamName=stream, PartitionKey="p", Data=b"nobody can read this")


def request(method: str, resource: str, body: object, path: dict[str, str]) -> dict[str, Any]:
    """An API Gateway proxy event."""
    return {
        "httpMethod": method,
        "resource": resource,
        "pathParameters": path,
        "queryStringParameters": None,
        "requestContext": {"requestId": "r-1"},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def batch(stream: str) -> dict[str, Any]:
    """Everything in the stream, as Lambda would deliver it."""
    kinesis = boto3.client("kinesis", region_name=REGION)
    (shard,) = kinesis.list_shards(StreamName=stream)["Shards"]
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = kinesis.get_records(ShardIterator=iterator)["Records"]
    return {"Records": [delivered(shard["ShardId"], record) for record in records]}


def delivered(shard: str, record: Any) -> dict[str, Any]:
    """One record of a batch."""
    kinesis = {
        "sequenceNumber": record["SequenceNumber"],
        "partitionKey": record["PartitionKey"],
        "data": base64.b64encode(record["Data"]).decode(),
        "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"].timestamp(),
    }
    return {"eventID": f"{shard}:{record['SequenceNumber']}", "kinesis": kinesis}
