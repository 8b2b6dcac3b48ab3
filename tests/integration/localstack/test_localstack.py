"""The real template on a LocalStack: `MILLSTREAM_LOCALSTACK=URL pytest tests/integration/localstack`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from millstream.adapters.local.system_clock import SystemClock
from millstream.application.models import promote_model
from millstream.application.replay.plan import Choices
from millstream.scoring.stored_models import check_stored
from millstream_tools.cloud.localstack.deployment import deploy_to_localstack
from millstream_tools.ops import rebuild_execution
from millstream_tools.ops.stack import local_stack
from millstream_tools.places import CHECKOUT, TEMPLATE
from tests.e2e.models import publish_models
from tests.integration.local_cloud.waiting import eventually
from tests.integration.localstack.conftest import Stack

# The container pulls the image of the Python runtime first, and starts a container for each function.
COLD_S = 180.0


def items_for(stack: Stack, user: str, query: str = "") -> list[str]:
    """The ids on a user's slate."""
    answer = stack.http("GET", f"/recommendations/{user}{query}")
    assert answer.status == 200, answer
    return [item["itemId"] for item in answer.body["itemList"]]


def view(stack: Stack, user: str, item: str) -> str:
    """One view, accepted; its position."""
    answer = stack.http("POST", "/events", {"userId": user, "eventList": [{"eventType": "ItemViewed", "itemId": item}]})
    assert answer.status == 200, answer
    return str(answer.body["position"])


def test_one_event_changes_the_recommendation(stack: Stack) -> None:
    """API Gateway, Kinesis, its mapping and DynamoDB work together: what was just viewed is not recommended again."""
    eventually(lambda: sorted(items_for(stack, "ann")) == ["desk", "lamp", "vase"], COLD_S)
    position = view(stack, "ann", "lamp")
    path = f"/recommendations/ann?min_position={position}"
    eventually(lambda: stack.http("GET", path).body["stale"] is False, COLD_S)
    assert sorted(items_for(stack, "ann")) == ["desk", "vase"]
    eventually(lambda: items_for(stack, "bob")[0] == "lamp", COLD_S)


def test_without_the_key_a_route_answers_403(stack: Stack) -> None:
    """The usage plan holds; health stays open."""
    assert stack.http("GET", "/recommendations/ann", key="").status == 403
    assert stack.http("GET", "/recommendations/ann", key="not-the-key").status == 403
    assert stack.http("GET", "/health", key="").status == 200


def test_a_record_that_nobody_can_read_ends_among_the_dead_letters(stack: Stack) -> None:
    """With its reason, and without holding up what comes after it."""
    stack.client("kinesis").put_record(StreamName=stack.output("StreamName"), PartitionKey="p", Data=b"nonsense")
    position = view(stack, "cat", "desk")
    path = f"/recommendations/cat?min_position={position}"
    eventually(lambda: stack.http("GET", path).body["stale"] is False, COLD_S)
    (letter,) = stack.client("sqs").receive_message(QueueUrl=stack.output("DeadLettersUrl"))["Messages"]
    assert json.loads(letter["Body"])["reason"].startswith("record: expected")


def test_a_rebuild_takes_over(stack: Stack) -> None:
    """The state machine, with maps whose items come from S3; afterwards the new view serves, and takes events."""
    opened = local_stack(stack.deployment)
    execution = rebuild_execution.start(opened, choices=Choices(partitions=2))
    came_to = rebuild_execution.follow(opened, execution, lambda _: None)
    assert (came_to["replaced"], came_to["view"]) == (1, 2)
    position = view(stack, "eve", "vase")
    path = f"/recommendations/eve?min_position={position}"
    eventually(lambda: stack.http("GET", path).body["stale"] is False, COLD_S)
    assert opened.views().serving() == 2


def test_the_log_is_archived(stack: Stack) -> None:
    """The second mapping of the stream delivers too."""
    view(stack, "dan", "vase")
    bucket = stack.client("s3")
    eventually(lambda: bucket.list_objects_v2(Bucket=stack.output("ArchiveBucket"))["KeyCount"], COLD_S)


def test_a_model_serves(stack: Stack, tmp_path: Path) -> None:
    """Recommend carries numpy and onnxruntime, for the processor that it runs on."""
    models = local_stack(stack.deployment).models()
    version, _ = publish_models(models, tmp_path)
    promote_model(models, SystemClock(), check_stored, version)
    eventually(lambda: stack.http("GET", "/recommendations/eve").body["provenance"]["modelVersion"] == version, COLD_S)


def test_deploying_again_touches_no_resource(stack: Stack) -> None:
    """A checkout that has not changed is a success, and CloudFormation has nothing to do."""
    before = changes(stack)
    assert deploy_to_localstack(stack.deployment.endpoint_url, stack=stack.deployment.stack) == stack.deployment
    assert changes(stack) == before


def test_a_changed_function_of_a_nested_stack_is_deployed(stack: Stack, tmp_path: Path) -> None:
    """LocalStack leaves a nested stack as it was and says UPDATE_COMPLETE, so it is brought up to date by itself."""
    before = code_of(stack, "RebuildFlow", "PlanRebuild")
    for name in ("functions", "infra", "layers"):
        shutil.copytree(CHECKOUT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TEMPLATE, tmp_path)
    code = tmp_path / "functions/rebuild/plan_rebuild/app.py"
    code.write_text(code.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    deploy_to_localstack(stack.deployment.endpoint_url, tmp_path / TEMPLATE.name, stack.deployment.stack)
    assert code_of(stack, "RebuildFlow", "PlanRebuild") != before


def code_of(stack: Stack, nested: str, function: str) -> str:
    """The digest of the code of a function in a nested stack."""
    cloudformation = stack.client("cloudformation")

    def physical(within: str, logical_id: str) -> str:
        found = cloudformation.describe_stack_resource(StackName=within, LogicalResourceId=logical_id)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    name = physical(physical(stack.deployment.stack, nested), function)
    return str(stack.client("lambda").get_function_configuration(FunctionName=name)["CodeSha256"])


def changes(stack: Stack) -> int:
    """How often a resource has been changed."""
    pages = (
        stack.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack.deployment.stack)
    )
    return sum(event["LogicalResourceId"] != stack.deployment.stack for page in pages for event in page["StackEvents"])
