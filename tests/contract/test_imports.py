from __future__ import annotations

import pytest

from millstream.adapters.aws.dynamo_imports import DynamoImports
from millstream.adapters.memory.imports import MemoryImports
from millstream.application.ports import Imports
from tests.contract.imports_suite import ImportsSuite
from tests.contract.places import Place


class TestMemoryImports(ImportsSuite):
    @pytest.fixture
    def imports(self) -> Imports:
        """In memory."""
        return MemoryImports()


class TestDynamoImportsOnMoto(ImportsSuite):
    @pytest.fixture
    def imports(self, moto: Place) -> Imports:
        """A table in moto."""
        return DynamoImports(moto.client("dynamodb"), moto.table("ItemsTable"))


@pytest.mark.cloud
class TestDynamoImportsInTheLocalCloud(ImportsSuite):
    @pytest.fixture
    def imports(self, local: Place) -> Imports:
        """A table in the local cloud."""
        return DynamoImports(local.client("dynamodb"), local.table("ItemsTable"))
