from __future__ import annotations

from pathlib import Path

import pytest

from millstream.adapters.aws.s3_workspace import S3Workspace
from millstream.adapters.local.folder_workspace import FolderWorkspace
from millstream.adapters.memory import MemoryWorkspace
from millstream.application.ports import Workspace
from tests.contract.places import Place
from tests.contract.workspace_suite import WorkspaceSuite


class TestMemoryWorkspace(WorkspaceSuite):
    @pytest.fixture
    def workspace(self) -> Workspace:
        """In memory."""
        return MemoryWorkspace()


class TestFolderWorkspace(WorkspaceSuite):
    @pytest.fixture
    def workspace(self, tmp_path: Path) -> Workspace:
        """A folder that does not exist yet."""
        return FolderWorkspace(tmp_path / "workspace")

    def test_what_was_being_put_when_the_process_ended_is_not_there(self, tmp_path: Path) -> None:
        """A file has its name only when it is whole."""
        workspace = FolderWorkspace(tmp_path)
        (tmp_path / "plan.json.part").write_bytes(b"hal")
        assert list(workspace.names("")) == []


class TestS3WorkspaceOnMoto(WorkspaceSuite):
    @pytest.fixture
    def workspace(self, moto: Place) -> Workspace:
        """Below a prefix of a bucket in moto."""
        return S3Workspace(moto.client("s3"), moto.bucket(), "rebuild/1")


@pytest.mark.cloud
class TestS3WorkspaceInTheLocalCloud(WorkspaceSuite):
    @pytest.fixture
    def workspace(self, local: Place) -> Workspace:
        """Below a prefix of a bucket in the local cloud."""
        return S3Workspace(local.client("s3"), local.bucket(), "rebuild/1")
