"""The metric lines that the code writes have the name, the namespace and the dimension that an alarm reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib import import_module, reload
from types import ModuleType
from typing import Any

import pytest

from millstream.adapters.memory import MemoryFeatureStore
from millstream.application.ports import VersionedRow
from millstream.domain.errors import UnavailableError
from millstream.entrypoints.telemetry import telemetry
from millstream_tools.cloud.local.template import Template
from tests.builders import subject
from tests.infra.cloudformation import environment, functions, resources
from tests.unit.functions import test_project_events as projector
from tests.unit.functions import test_recommend as reader
from tests.unit.functions.lambda_events import CONTEXT, api_event, sample

NAMESPACE = "Millstream/shop"


def unavailable(*_: object) -> Any:
    """A store without capacity."""
    raise UnavailableError("no capacity")


def fail(patch: pytest.MonkeyPatch, module: ModuleType) -> None:
    """Every use case of the function fails."""
    for name in ("accept_events", "publish_items", "reading"):
        patch.setattr(module, name, unavailable, raising=False)


def lose_the_users_row(patch: pytest.MonkeyPatch, module: ModuleType) -> None:
    """The user's row is damaged."""
    shop = reader.Shop()
    shop.store.users[subject("ann o/b")] = VersionedRow(1, b"damaged")
    patch.setattr(module, "reading", lambda _: shop.reading)


def lose_the_log(patch: pytest.MonkeyPatch, module: ModuleType) -> None:
    """The log takes no slate."""
    shop = reader.Shop()
    patch.setattr(shop.log, "append", unavailable)
    patch.setattr(module, "reading", lambda _: shop.reading)


def damage_a_row(patch: pytest.MonkeyPatch, module: ModuleType) -> None:
    """The row of a user of the batch is damaged."""
    store = MemoryFeatureStore()
    store.users[projector.USER] = VersionedRow(1, b"damaged")
    patch.setattr(module, "project_events", lambda: projector.Views(store).project)


FAULTS: dict[str, tuple[Callable[[pytest.MonkeyPatch, ModuleType], None], Callable[[], dict[str, Any]]]] = {
    "AcceptEventsFailures": (fail, lambda: api_event("post_events")),
    "PublishItemsFailures": (fail, lambda: api_event("put_items")),
    "RecommendFailures": (fail, lambda: api_event("get_recommendations")),
    "SlatesDegraded": (lose_the_users_row, lambda: api_event("get_recommendations")),
    "SlatesNotLogged": (lose_the_log, lambda: api_event("get_recommendations")),
    "RowsUnreadable": (damage_a_row, lambda: sample("aws/kinesis/batch.json")),
}
"""The fault behind each alarm on a metric of ours, and the event in which it shows."""


def of_ours(alarms: Template) -> dict[str, Any]:
    """The alarms on metrics that the functions write."""
    found = resources(alarms, "AWS::CloudWatch::Alarm")
    return {name: alarm for name, alarm in found.items() if alarm["Namespace"] == {"Ref": "MetricsNamespace"}}


@pytest.fixture
def restored() -> Iterator[list[ModuleType]]:
    """Handlers keep their telemetry; those that a test adds here are made anew after it."""
    used: list[ModuleType] = []
    yield used
    telemetry.cache_clear()
    for module in used:
        reload(module)


def test_every_alarm_of_ours_has_its_fault(alarms: Template) -> None:
    """An alarm that nothing can cause is none."""
    assert set(of_ours(alarms)) == set(FAULTS)


@pytest.mark.parametrize("alarm", FAULTS)
def test_the_fault_writes_the_line_that_the_alarm_reads(
    alarms: Template,
    template: Template,
    alarm: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    restored: list[ModuleType],
) -> None:
    """CloudWatch makes the metric of that line."""
    read = of_ours(alarms)[alarm]
    ((dimension, service),) = [(one["Name"], one["Value"]) for one in read["Dimensions"]]
    (function,) = (
        one for one in functions(template).values() if environment(one)["POWERTOOLS_SERVICE_NAME"] == service
    )
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", service)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE)
    telemetry.cache_clear()
    module = reload(import_module(function["Handler"].rpartition(".")[0]))
    restored.append(module)
    cause, event = FAULTS[alarm]
    cause(monkeypatch, module)
    module.handler(event(), CONTEXT)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    written = [
        (described["Namespace"], line[read["MetricName"]])
        for line in lines
        for described in line["_aws"]["CloudWatchMetrics"]
        if [dimension] in described["Dimensions"] and line[dimension] == service and read["MetricName"] in line
    ]
    assert written == [(NAMESPACE, [1.0])]
    assert read["Threshold"] <= 1


def test_the_namespace_is_that_of_the_stack(template: Template) -> None:
    """Functions and alarms are told the same one."""
    told = template["Resources"]["Observability"]["Properties"]["Parameters"]["MetricsNamespace"]
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == told == {"Fn::Sub": "Millstream/${AWS::StackName}"}
