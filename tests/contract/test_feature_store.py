from __future__ import annotations

import pytest

from millstream.adapters.aws.dynamo_views import DynamoViews
from millstream.adapters.memory import MemoryFeatureStore
from millstream.application.ports import FeatureStore
from tests.contract.feature_store_suite import TrendRowsSuite, UserRowsSuite
from tests.contract.places import Place


def dynamo(place: Place) -> FeatureStore:
    """A store over two new tables."""
    views = DynamoViews(place.client("dynamodb"), place.table("UsersTable"), place.table("ItemsTable"))
    return views.serving_store(views.serving())


class TestMemoryFeatureStore(UserRowsSuite, TrendRowsSuite):
    @pytest.fixture
    def store(self) -> FeatureStore:
        """In memory."""
        return MemoryFeatureStore()


@pytest.mark.skip(
    reason="moto 5.2.5 cannot parse INSERT INTO … VALUE {'u': ?, …}, nor a condition in UPDATE … WHERE, "
    "the statements that write user rows; the local cloud runs these tests"
)
class TestDynamoUserRowsOnMoto(UserRowsSuite):
    @pytest.fixture
    def store(self, moto: Place) -> FeatureStore:
        """Tables in moto."""
        return dynamo(moto)


class TestDynamoTrendRowsOnMoto(TrendRowsSuite):
    @pytest.fixture
    def store(self, moto: Place) -> FeatureStore:
        """Tables in moto."""
        return dynamo(moto)


@pytest.mark.cloud
class TestDynamoFeatureStoreInTheLocalCloud(UserRowsSuite, TrendRowsSuite):
    @pytest.fixture
    def store(self, local: Place) -> FeatureStore:
        """Tables in the local cloud."""
        return dynamo(local)
