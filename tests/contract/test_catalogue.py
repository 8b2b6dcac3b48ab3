from __future__ import annotations

import pytest

from millstream.adapters.aws.dynamo_catalogue import DynamoCatalogue
from millstream.adapters.memory import MemoryCatalogue
from millstream.application.ports import Catalogue
from tests.contract.catalogue_suite import CatalogueSuite
from tests.contract.places import Place


class TestMemoryCatalogue(CatalogueSuite):
    @pytest.fixture
    def catalogue(self) -> Catalogue:
        """In memory."""
        return MemoryCatalogue()


class TestDynamoCatalogueOnMoto(CatalogueSuite):
    @pytest.fixture
    def catalogue(self, moto: Place) -> Catalogue:
        """A table in moto."""
        return DynamoCatalogue(moto.table("CatalogueTable"), moto.region)


@pytest.mark.cloud
class TestDynamoCatalogueInTheLocalCloud(CatalogueSuite):
    @pytest.fixture
    def catalogue(self, local: Place) -> Catalogue:
        """A table in the local cloud."""
        return DynamoCatalogue(local.table("CatalogueTable"), local.region)
