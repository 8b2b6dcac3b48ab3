"""Rows whose attributes are missing, of another type or no JSON: named errors, and the neighbours are read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from millstream.adapters.aws.dynamo_catalogue import DynamoCatalogue
from millstream.adapters.aws.dynamo_feature_store import DynamoFeatureStore, Tables, trend_key, user_key
from millstream.adapters.aws.dynamo_views import DynamoViews
from millstream.adapters.aws.s3_model_store import NAME, POINTER, S3ModelStore
from millstream.domain.errors import ConflictError, InvalidRecordError
from millstream.domain.keys import item_key
from millstream.domain.models.promotions import Promotion
from millstream.domain.views import trend_row, user_row
from millstream_tools.cloud.local.clients import REGION
from tests.builders import NOW_MS, SHARD, item, published, subject
from tests.contract.conftest import moto  # noqa: F401  # a fixture
from tests.contract.places import Place

ANN = subject("ann")
DAMAGES: list[dict[str, Any]] = [
    {},
    {"s": {"B": b"state"}},
    {"v": {"N": "3"}},
    {"s": {"S": "text"}, "v": {"N": "3"}},
    {"s": {"B": b"state"}, "v": {"S": "three"}},
    {"s": {"NULL": True}, "v": {"NULL": True}},
    {"s": {"B": b""}, "v": {"N": "3"}},
    {"s": {"B": b"state"}, "v": {"N": "0"}},
    {"s": {"B": b"state"}, "v": {"N": "-7"}},
]
damages = pytest.mark.parametrize("damage", DAMAGES, ids=str)


class Stored:
    """The tables of the views."""

    def __init__(self, place: Place) -> None:
        self.client = place.client("dynamodb")
        self.tables = Tables(place.table("UsersTable"), place.table("ItemsTable"))
        self.store = DynamoFeatureStore(self.client, self.tables, 1, ThreadPoolExecutor(1))
        self.views = DynamoViews(self.client, self.tables.users, self.tables.items)

    def put_trend(self, shard: str, damage: dict[str, Any]) -> None:
        """A row of a shard's trend."""
        self.client.put_item(TableName=self.tables.items, Item=trend_key(1, shard) | damage)

    def put_pointer(self, **damage: Any) -> None:
        """The row that says which view serves."""
        row = {"kind": {"S": "view"}, "shard": {"S": "serving"}, **damage}
        self.client.put_item(TableName=self.tables.items, Item=row)


@pytest.fixture
def stored(moto: Place) -> Stored:  # noqa: F811
    """Empty tables."""
    return Stored(moto)


@damages
def test_a_damaged_users_row_is_an_unreadable_one(stored: Stored, damage: dict[str, Any]) -> None:
    """However it is read; the others are read beside it."""
    stored.client.put_item(TableName=stored.tables.users, Item=user_key(1, ANN) | damage)
    for row in (
        stored.store.read_user(ANN),
        stored.store.read_users([ANN])[ANN],
        *dict(stored.store.all_users()).values(),
    ):
        with pytest.raises(InvalidRecordError):
            user_row.unpack(row.data)


@damages
def test_a_damaged_trend_row_is_an_unreadable_one_and_can_be_written(stored: Stored, damage: dict[str, Any]) -> None:
    """A projector writes it as it is, on condition of its version, to own the shard; another one cannot."""
    stored.put_trend(SHARD, damage)
    assert set(stored.store.read_trends()) == {SHARD}
    version, data = stored.store.read_trend(SHARD)
    with pytest.raises(InvalidRecordError):
        trend_row.unpack(data)
    stored.store.write_trend(SHARD, version, data)
    with pytest.raises(ConflictError):
        stored.store.write_trend(SHARD, version, data)
    after = stored.store.read_trend(SHARD)
    assert after == (max(0, version) + 1, data)
    stored.store.write_trend(SHARD, after.version, data)
    assert stored.store.read_trend(SHARD).version == after.version + 1


@pytest.mark.parametrize("serving", [{"S": "zz"}, {"NULL": True}, {"B": b"1"}], ids=str)
def test_a_damaged_pointer_to_the_views_is_named(stored: Stored, serving: dict[str, Any]) -> None:
    """Not a KeyError: readers answer without the views then."""
    stored.put_pointer(serving=serving, begun=serving)
    for read in (stored.views.serving, stored.views.shards_begun):
        with pytest.raises(InvalidRecordError, match="pointer to the serving view"):
            read()


class Registry:
    """A model store with two models."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.client, self.table = place.client("dynamodb"), place.table("ModelsTable")
        self.models = S3ModelStore(place.client("s3"), self.client, place.bucket(), self.table)
        (folder / "model.onnx").write_bytes(b"graph")
        for version in ("one", "two"):
            self.models.publish(published(version), folder)
        self.models.promote(Promotion(1, "one", None, NOW_MS))

    def damage(self, version: str, name: str, value: Any) -> None:
        """Replace one attribute of a row."""
        key = {"name": {"S": NAME}, "version": {"S": version}}
        update = {"UpdateExpression": "SET #name = :value", "ExpressionAttributeNames": {"#name": name}}
        self.client.update_item(TableName=self.table, Key=key, ExpressionAttributeValues={":value": value}, **update)


@pytest.fixture
def registry(moto: Place, tmp_path: Path) -> Registry:  # noqa: F811
    """Whole."""
    return Registry(moto, tmp_path)


@pytest.mark.parametrize("value", [{"N": "3"}, {"S": "{x"}, {"S": "[3]"}], ids=str)
def test_a_damaged_champion_and_its_promotions_are_named(registry: Registry, value: dict[str, Any]) -> None:
    """No other error than that of an unreadable row."""
    registry.damage(POINTER, "promotions", value)
    with pytest.raises(InvalidRecordError, match="promotions"):
        registry.models.promotions()
    registry.damage(POINTER, "champion", {"N": "3"})
    with pytest.raises(InvalidRecordError, match="champion"):
        registry.models.champion()


@pytest.mark.parametrize(
    ("name", "value"),
    [("card", {"S": "{x"}), ("card", {"N": "1"}), ("signature", {"S": "x"}), ("published_at_ms", {"S": ""})],
)
def test_a_damaged_model_is_left_out_by_name(registry: Registry, name: str, value: dict[str, Any]) -> None:
    """The others are listed."""
    registry.damage("two", name, value)
    left_out: dict[str, Exception] = {}
    assert [model.version for model in registry.models.models(left_out.__setitem__)] == ["one"]
    assert [(version, type(error)) for version, error in left_out.items()] == [("two", InvalidRecordError)]
    with pytest.raises(InvalidRecordError, match="two"):
        registry.models.model("two")


@pytest.mark.parametrize(
    ("name", "value"),
    [("price", {"S": "abc"}), ("attributes", {"S": "{x"}), ("available", {"S": "yes"}), ("name", {"N": "3"})],
)
def test_a_damaged_item_is_left_out_by_name(
    moto: Place,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: dict[str, Any],
) -> None:
    """It is found as damaged, not as missing; publishing it again mends it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    table = moto.table("CatalogueTable")
    catalogue = DynamoCatalogue(table, REGION)
    catalogue.publish([item("lamp"), item("desk")], NOW_MS)
    moto.client("dynamodb").update_item(
        TableName=table,
        Key={"item_key": {"S": item_key("lamp").hex()}},
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": value},
    )
    with pytest.raises(InvalidRecordError):
        catalogue.find("lamp")
    for read in (
        lambda on_unreadable: catalogue.page(10, None, on_unreadable),
        lambda on: catalogue.changed_since(0, on),
    ):
        left_out: dict[str, Exception] = {}
        assert len(list(read(left_out.__setitem__))) == 1
        assert len(left_out) == 1
    catalogue.publish([item("lamp")], NOW_MS + 1)
    assert catalogue.get("lamp") == item("lamp")
