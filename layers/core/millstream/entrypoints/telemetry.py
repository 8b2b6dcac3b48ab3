"""Logs, metrics and traces by Powertools, created at the first call, so that importing reads no environment.

Source: https://docs.powertools.aws.dev/lambda/python/latest/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from millstream.application.ports import Budget
from millstream.entrypoints.lambda_budget import LambdaBudget


@dataclass(frozen=True)
class Telemetry:
    """Logs and metrics of a handler."""

    logger: Logger
    metrics: Metrics
    tracer: Tracer

    def count(self, metric: str, amount: float = 1) -> None:
        """Add to a count."""
        self.metrics.add_metric(metric, MetricUnit.Count, amount)

    def unreadable(self, rows: Mapping[str, Exception]) -> None:
        """Count and log unreadable rows that were left unchanged."""
        self.count("RowsUnreadable", len(rows))
        for row, error in rows.items():
            self.logger.error("%s is unreadable and stays unchanged until the views are rebuilt: %s", row, error)

    def failed(self, error: Exception) -> None:
        """Log and count an error that is not returned to a caller."""
        self.logger.error(str(error), exc_info=error)


@cache
def telemetry() -> Telemetry:
    """The telemetry of the process; service and namespace come from POWERTOOLS_* variables."""
    return Telemetry(Logger(), Metrics(), Tracer())


Handle = Callable[[dict[str, Any], Telemetry, Budget], dict[str, Any]]
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def instrumented(handle: Handle) -> Handler:
    """A Lambda handler around `handle`: cold starts counted, metrics flushed as a log line, the call traced.

    `handle` also gets the remaining time of the call as a budget.
    """

    @cache
    def instrumented_handle() -> Handler:
        told = telemetry()

        def call(event: dict[str, Any], context: Any) -> dict[str, Any]:
            return handle(event, told, LambdaBudget(context))

        traced = told.tracer.capture_lambda_handler(call, capture_response=False)
        measured = told.metrics.log_metrics(traced, capture_cold_start_metric=True, raise_on_empty_metrics=False)
        return told.logger.inject_lambda_context(measured)

    @wraps(handle)
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        return instrumented_handle()(event, context)

    return handler
