from __future__ import annotations

import pytest

from millstream.adapters.aws.dynamo_archive_heads import DynamoArchiveHeads
from millstream.adapters.aws.s3_archive import S3Archive
from millstream.adapters.memory import MemoryArchive
from millstream.application.ports import Archive
from tests.contract.archive_suite import ArchiveSuite
from tests.contract.places import Place


def heads(place: Place) -> DynamoArchiveHeads:
    """In a table of their own."""
    return DynamoArchiveHeads(place.client("dynamodb"), place.table("ItemsTable"))


class TestMemoryArchive(ArchiveSuite):
    @pytest.fixture
    def archive(self) -> Archive:
        """In memory."""
        return MemoryArchive()


class TestS3ArchiveOnMoto(ArchiveSuite):
    @pytest.fixture
    def archive(self, moto: Place) -> Archive:
        """A bucket in moto."""
        return S3Archive(moto.client("s3"), moto.bucket(), heads(moto))


@pytest.mark.cloud
class TestS3ArchiveInTheLocalCloud(ArchiveSuite):
    @pytest.fixture
    def archive(self, local: Place) -> Archive:
        """A bucket in the local cloud."""
        return S3Archive(local.client("s3"), local.bucket(), heads(local))
