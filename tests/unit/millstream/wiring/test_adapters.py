"""What a function is told by its environment, and a tool by a stack's outputs."""

from __future__ import annotations

import pytest

from millstream.adapters.aws.clients import Patience
from millstream.domain.errors import InvalidInputError
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
    with pytest.raises(InvalidInputError) as refused:
        FunctionWiring(Patience.ADAPTER).event_log()
    assert refused.value.field == "MILLSTREAM_STREAM"


def test_a_missing_region_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any client is made."""
    monkeypatch.delenv("AWS_REGION")
    with pytest.raises(InvalidInputError) as refused:
        FunctionWiring(Patience.LONG)
    assert refused.value.field == "AWS_REGION"


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
