from __future__ import annotations

from pathlib import Path

import pytest

from millstream.adapters.aws.s3_model_store import S3ModelStore
from millstream.adapters.memory import MemoryModelStore
from millstream.application.ports import ModelStore
from tests.contract.model_store_suite import ModelStoreSuite
from tests.contract.places import Place


def s3(place: Place) -> ModelStore:
    """A store over a new bucket and a new table."""
    return S3ModelStore(place.client("s3"), place.client("dynamodb"), place.bucket(), place.table("ModelsTable"))


class TestMemoryModelStore(ModelStoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ModelStore:
        """In memory, the folders in a folder."""
        return MemoryModelStore(tmp_path / "store")


class TestS3ModelStoreOnMoto(ModelStoreSuite):
    @pytest.fixture
    def store(self, moto: Place) -> ModelStore:
        """A bucket and a table in moto."""
        return s3(moto)


@pytest.mark.cloud
class TestS3ModelStoreInTheLocalCloud(ModelStoreSuite):
    @pytest.fixture
    def store(self, local: Place) -> ModelStore:
        """A bucket and a table in the local cloud."""
        return s3(local)
