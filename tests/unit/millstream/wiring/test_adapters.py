"""What a function is told by its environment, and a tool by a stack's outputs."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from millstream.adapters.aws.clients import Patience
from millstream.domain.errors import ConfigurationError
from millstream.wiring import adapters, functions, rebuild
from millstream.wiring.adapters import FunctionWiring, Resource, Wiring

ENVIRONMENT = {"AWS_REGION": "eu-west-1", "MILLSTREAM_STREAM": "events", "MILLSTREAM_PSEUDONYM_SECRET": "arn:secret"}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def test_a_name_is_read_from_the_variable_of_its_resource() -> None:
    """The region too."""
    wiring = FunctionWiring(Patience.ADAPTER)
    names = [wiring.name_of(Resource.STREAM), wiring.name_of(Resource.PSEUDONYM_SECRET)]
    assert (wiring.region, names) == ("eu-west-1", ["events", "arn:secret"])


@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_is_missing_or_empty_is_named(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a KeyError, and not an empty name that a service then refuses."""
    if value is None:
        monkeypatch.delenv("MILLSTREAM_STREAM")
    else:
        monkeypatch.setenv("MILLSTREAM_STREAM", value)
    with pytest.raises(ConfigurationError) as refused:
        FunctionWiring(Patience.ADAPTER).event_log()
    assert "MILLSTREAM_STREAM" in str(refused.value)


def test_a_missing_region_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any client is made."""
    monkeypatch.delenv("AWS_REGION")
    with pytest.raises(ConfigurationError) as refused:
        FunctionWiring(Patience.LONG)
    assert "AWS_REGION" in str(refused.value)


def test_adapters_share_a_client_of_the_same_service_and_patience() -> None:
    """Making one costs more than most calls; a rebuild's steps ask for a workspace at each of theirs."""
    made: list[tuple[str, Patience]] = []

    def client(service: str, patience: Patience) -> object:
        made.append((service, patience))
        return object()

    wiring = Wiring(lambda resource: resource.name, client, Patience.LONG)
    wiring.workspace("one")
    wiring.workspace("two")
    wiring.views(patience=Patience.ADAPTER)
    wiring.views()
    wiring.models()
    assert made == [("s3", Patience.LONG), ("dynamodb", Patience.ADAPTER), ("dynamodb", Patience.LONG)]


@pytest.mark.parametrize(
    ("use_case", "expected"),
    [
        (functions.accept_events, {("kinesis", Patience.ADAPTER), ("secretsmanager", Patience.CLIENT)}),
        (functions.publish_items, {("kinesis", Patience.ADAPTER)}),
        (functions.project_events, {("dynamodb", Patience.ADAPTER), ("sqs", Patience.ADAPTER)}),
        (functions.archive_events, {("s3", Patience.ADAPTER), ("dynamodb", Patience.ADAPTER)}),
        (
            functions.reading,
            {
                ("dynamodb", Patience.CLIENT),
                ("s3", Patience.CLIENT),
                ("kinesis", Patience.ADAPTER),
                ("secretsmanager", Patience.CLIENT),
            },
        ),
        (rebuild.plan_rebuild, {("s3", Patience.LONG), ("dynamodb", Patience.LONG)}),
        (rebuild.split_archive, {("s3", Patience.LONG)}),
        (rebuild.split_stream, {("s3", Patience.LONG), ("dynamodb", Patience.LONG), ("kinesis", Patience.ADAPTER)}),
        (rebuild.fold_users, {("s3", Patience.LONG), ("dynamodb", Patience.ADAPTER)}),
        (rebuild.fold_trends, {("s3", Patience.LONG), ("dynamodb", Patience.ADAPTER)}),
        (rebuild.check_view, {("s3", Patience.LONG), ("dynamodb", Patience.LONG)}),
        (rebuild.switch_view, {("s3", Patience.LONG), ("dynamodb", Patience.LONG), ("kinesis", Patience.ADAPTER)}),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_who_tries_again_suits_each_use_case(
    use_case: Callable[..., object], expected: set[tuple[str, Patience]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An adapter with a budget over a client that retries would outlast its function; one without waits too briefly."""
    asked: set[tuple[str, Patience]] = set()

    def client(service: str, _: str, patience: Patience) -> object:
        asked.add((service, patience))
        return SimpleNamespace(get_secret_value=lambda **_: {"SecretString": "key"})

    monkeypatch.setattr(adapters, "aws_client", client)
    for resource in Resource:
        monkeypatch.setenv(resource.variable, "a-name")
    made = use_case.__wrapped__(*[print] * (use_case is functions.reading))  # type: ignore[attr-defined]  # of `cache`
    if hasattr(made, "workspaces"):
        made.workspaces("any")
    assert asked == expected


def test_patience_is_what_the_adapters_count_on() -> None:
    """Attempts, seconds to connect, seconds until an answer begins."""
    found = {
        p: (p.value.retries["total_max_attempts"], p.value.connect_timeout, p.value.read_timeout) for p in Patience
    }
    assert found == {Patience.ADAPTER: (1, 1, 5), Patience.CLIENT: (2, 1, 5), Patience.LONG: (8, 5, 60)}


def test_a_publication_is_retried_by_the_catalogue_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """PynamoDB has a client of its own: it calls once where the adapter has a budget, twice where it has none."""
    attempts: list[int] = []
    monkeypatch.setattr(FunctionWiring, "catalogue", lambda _, client_attempts: attempts.append(client_attempts))
    monkeypatch.setattr(
        adapters, "aws_client", lambda *_: SimpleNamespace(get_secret_value=lambda **_: {"SecretString": "k"})
    )
    for resource in Resource:
        monkeypatch.setenv(resource.variable, "a-name")
    functions.publish_items.__wrapped__()
    functions.reading.__wrapped__(print)
    assert attempts == [1, 2]
