from __future__ import annotations

from pathlib import Path

import pytest

from millstream_tools.ops.archive.destinations import Bucket, Destination, Folder
from tests.contract.destination_suite import DestinationSuite
from tests.contract.places import Place


class TestFolder(DestinationSuite):
    @pytest.fixture
    def destination(self, tmp_path: Path) -> Destination:
        """A folder that is not there yet."""
        return Folder(tmp_path / "parquet")


class TestBucketOnMoto(DestinationSuite):
    @pytest.fixture
    def destination(self, moto: Place) -> Destination:
        """A bucket in moto."""
        return Bucket(moto.client("s3"), moto.bucket())


@pytest.mark.cloud
class TestBucketInTheLocalCloud(DestinationSuite):
    @pytest.fixture
    def destination(self, local: Place) -> Destination:
        """A bucket in the local cloud."""
        return Bucket(local.client("s3"), local.bucket())
