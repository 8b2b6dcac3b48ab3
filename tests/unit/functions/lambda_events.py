"""What Lambda hands to a handler: sample events of events/aws, changed where a test is about the change."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

EVENTS = Path(__file__).parents[3] / "events"

CONTEXT = SimpleNamespace(
    function_name="millstream-function",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:millstream-function",
    aws_request_id="52fdfc07-2182-454f-963f-5f0f9a621d72",
    get_remaining_time_in_millis=lambda: 60_000,
)


def sample(name: str) -> Any:
    """The content of one sample file."""
    return json.loads((EVENTS / name).read_text(encoding="utf-8"))


def api_event(name: str, **changed: Any) -> dict[str, Any]:
    """An API Gateway event, with these fields changed."""
    event: dict[str, Any] = deepcopy(sample(f"aws/apigw/{name}.json"))
    return event | changed


def answered(answer: dict[str, Any]) -> tuple[int, Any]:
    """Status and body of a handler's answer, which must be one that API Gateway takes."""
    assert answer["headers"] == {"Content-Type": "application/json"}
    assert isinstance(answer["body"], str)
    return answer["statusCode"], json.loads(answer["body"])
