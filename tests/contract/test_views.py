from __future__ import annotations

import pytest

from millstream.adapters.aws.dynamo_views import DynamoViews
from millstream.adapters.memory import MemoryViews
from millstream.application.ports import Views
from tests.contract.places import Place
from tests.contract.views_suite import ViewsSuite


class TestMemoryViews(ViewsSuite):
    @pytest.fixture
    def views(self) -> Views:
        """In memory."""
        return MemoryViews()


@pytest.mark.cloud
class TestDynamoViewsInTheLocalCloud(ViewsSuite):
    @pytest.fixture
    def views(self, local: Place) -> Views:
        """Tables in the local cloud. Not in moto: 5.2.5 cannot parse the statements that write user rows."""
        return DynamoViews(local.client("dynamodb"), local.table("UsersTable"), local.table("ItemsTable"))
