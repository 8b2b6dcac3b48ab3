"""GET /health as API Gateway delivers it."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.http.report_health import app
from millstream.adapters.memory import MemoryModelStore, MemoryViews
from millstream.application.ports import VersionedRow
from millstream.application.recommend.health import ReportHealth
from millstream.domain.errors import InvalidRecordError, UnavailableError
from millstream.domain.models.promotions import Promotion
from tests.builders import NOW_MS, published
from tests.unit.functions.lambda_events import CONTEXT, answered, api_event

VERSION = "covisitation-1"


class Stack:
    """What is stored."""

    def __init__(self, folder: Path) -> None:
        self.views = MemoryViews()
        self.models = MemoryModelStore(folder / "stored")
        self.errors: list[Exception] = []
        (folder / "made").mkdir()
        (folder / "made" / "model.onnx").write_bytes(b"graph")
        self.models.publish(published(VERSION), folder / "made")
        self.file = folder / "stored" / VERSION / "model.onnx"

    def promote(self) -> None:
        """Let the model serve."""
        self.models.promote(Promotion(1, VERSION, None, NOW_MS))


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stack:
    """What the handler looks at, each time."""
    stack = Stack(tmp_path)
    report = ReportHealth(stack.views, stack.models, ["model.onnx"], stack.errors.append)
    monkeypatch.setattr(app, "health", lambda _: report)
    return stack


def health() -> tuple[int, object]:
    """What the handler answers."""
    return answered(app.handler(api_event("get_health"), CONTEXT))


def test_a_new_stack_is_well(stack: Stack) -> None:
    """No model serves yet, and nothing happened."""
    assert health() == (200, {"status": "ok", "modelVersion": None, "degraded": []})
    assert not stack.errors


def test_health_names_the_champion(stack: Stack) -> None:
    """Its files are there."""
    stack.promote()
    assert health() == (200, {"status": "ok", "modelVersion": VERSION, "degraded": []})


def test_a_champion_without_its_files_is_no_good_health(stack: Stack) -> None:
    """Readers fall back to an earlier model; the error names the file."""
    stack.promote()
    stack.file.unlink()
    assert health() == (200, {"status": "degraded", "modelVersion": VERSION, "degraded": ["model"]})
    assert "no model.onnx" in str(stack.errors)


@pytest.mark.parametrize(
    ("row", "errors"), [(b"garbage", InvalidRecordError), (b"", InvalidRecordError)], ids=["garbage", "empty"]
)
def test_an_unreadable_trend_row_is_no_good_health(stack: Stack, row: bytes, errors: type[Exception]) -> None:
    """Readers leave it out."""
    stack.views.store(stack.views.serving()).trends["shardId-000000000001"] = VersionedRow(1, row)
    assert health() == (200, {"status": "degraded", "modelVersion": None, "degraded": ["trend"]})
    assert isinstance(stack.errors[0], errors)


@pytest.mark.parametrize(
    ("part", "call", "degraded"), [("models", "champion", ["model"]), ("views", "serving", ["user", "trend"])]
)
def test_what_cannot_be_read_is_named(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, part: str, call: str, degraded: list[str]
) -> None:
    """There is an answer all the same."""

    def unavailable() -> None:
        raise UnavailableError("no capacity")

    monkeypatch.setattr(getattr(stack, part), call, unavailable)
    status, body = health()
    assert (status, body["degraded"]) == (200, degraded)  # type: ignore[index]  # a JSON object


def test_another_route_is_not_answered_here(stack: Stack) -> None:
    """404."""
    assert answered(app.handler(api_event("get_item"), CONTEXT))[0] == 404
