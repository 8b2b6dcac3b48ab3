"""Faults in the calls of real boto3 clients, on a seeded schedule, by the hooks that botocore offers.

A call may be refused before it is sent, fail on the way, or be done while its answer is lost. Of a call about many rows
or records some may be kept back and reported as refused, as the service does when a partition has no capacity.
Source of the hooks: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/events.html
"""

from __future__ import annotations

import random
from collections import Counter
from types import SimpleNamespace
from typing import Any

from tests.faults import Fate, error_of, refusal

HEALTHY = 0.5
"""The part of the calls that nothing happens to, and of the rows that are not kept back, while the schedule lasts."""


class Injection:
    """A schedule of faults for so many calls; what is called afterwards goes well. `met` counts what happened."""

    def __init__(self, seed: int, calls: int) -> None:
        self._random = random.Random(seed)
        self._calls_left = calls
        self.met: Counter[str] = Counter()

    def into(self, client: Any) -> Any:
        """Let a client's calls meet their fates from now on. The client must not retry by itself."""
        assert client.meta.config.retries["total_max_attempts"] == 1
        events = client.meta.events
        events.register("before-parameter-build.*.*", self._keep_back)
        events.register("before-call.*.*", self._before)
        events.register("after-call.*.*", self._after)
        return client

    def _keep_back(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: object) -> None:
        """Leave some rows or records out of a call about many; never all, for which a service has another answer."""
        context["fate"] = self._fate()
        if model.name == "BatchGetItem":
            ((table, request),) = params["RequestItems"].items()
            kept, context["unprocessed"] = self._part(request["Keys"])
            params["RequestItems"] = {table: {**request, "Keys": kept}}
            context["request"] = (table, request)
        elif model.name in {"BatchExecuteStatement", "PutRecords"}:
            name = "Statements" if model.name == "BatchExecuteStatement" else "Records"
            asked = params[name]
            params[name], _left = self._part(asked)
            context["refused"] = [place for place, one in enumerate(asked) if not any(one is k for k in params[name])]

    def _part(self, asked: list[Any]) -> tuple[list[Any], list[Any]]:
        """What goes through, and what is kept back."""
        chosen = [self._calls_left <= 0 or self._random.random() < (1 + HEALTHY) / 2 for _ in asked]
        if not any(chosen):
            chosen[0] = True
        kept = [one for one, goes in zip(asked, chosen, strict=True) if goes]
        left = [one for one, goes in zip(asked, chosen, strict=True) if not goes]
        self.met["kept back"] += len(left)
        return kept, left

    def _before(self, model: Any, context: dict[str, Any], **_: object) -> Any:
        fate: Fate = context["fate"]
        self.met[fate.name] += 1
        if fate.happens:
            return None
        if fate in {Fate.TIMED_OUT, Fate.UNREACHABLE}:
            raise error_of(fate)
        if fate is Fate.THROTTLED and model.name == "TransactWriteItems":
            answer = refusal("TransactionCanceledException", reasons=["ThrottlingError", "None"]).response
        else:
            answer = error_of(fate).response  # type: ignore[attr-defined]  # a refusal that was answered
        return SimpleNamespace(status_code=answer["ResponseMetadata"]["HTTPStatusCode"]), answer

    def _after(self, parsed: dict[str, Any], context: dict[str, Any], **_: object) -> None:
        if context["fate"] is Fate.LOST:
            raise error_of(Fate.LOST)
        if "Error" in parsed:
            return
        if context.get("unprocessed"):
            table, request = context["request"]
            parsed["UnprocessedKeys"] = {table: {**request, "Keys": context["unprocessed"]}}
        for place in context.get("refused", ()):
            if "Records" in parsed:
                code = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slower"}
                parsed["Records"].insert(place, code)
            else:
                parsed["Responses"].insert(place, {"Error": {"Code": "ThrottlingError", "Message": "slower"}})

    def _fate(self) -> Fate:
        self._calls_left -= 1
        if self._calls_left < 0 or self._random.random() < HEALTHY:
            return Fate.DONE
        return self._random.choice([fate for fate in Fate if fate is not Fate.DONE])
