"""What every Workspace must honour."""

from __future__ import annotations

from abc import ABC, abstractmethod

import pytest

from millstream.application.ports import Workspace
from millstream.domain.errors import NotFoundError


class WorkspaceSuite(ABC):
    """Give an empty workspace; inherit the promises."""

    @pytest.fixture
    @abstractmethod
    def workspace(self) -> Workspace:
        """An empty workspace."""

    def test_what_is_put_is_got(self, workspace: Workspace) -> None:
        """Every byte, under names with folders; nothing is something too."""
        for name, data in (("plan.json", b"{}"), ("log/0001/part-2", bytes(range(256)) * 5000), ("log/empty", b"")):
            workspace.put(name, data)
            assert workspace.get(name) == data

    def test_what_is_put_again_is_replaced(self, workspace: Workspace) -> None:
        """Not appended."""
        workspace.put("plan.json", b"a longer first one")
        workspace.put("plan.json", b"second")
        assert workspace.get("plan.json") == b"second"

    @pytest.mark.parametrize("name", ["nothing", "log", "log/0001", "plan.json/below"])
    def test_what_was_not_put_is_not_found(self, workspace: Workspace, name: str) -> None:
        """Neither are folders of names, nor names below names."""
        workspace.put("log/0001/part-2", b"x")
        workspace.put("plan.json", b"x")
        with pytest.raises(NotFoundError, match=name):
            workspace.get(name)

    def test_names_are_listed_by_how_they_begin(self, workspace: Workspace) -> None:
        """Sorted; a beginning need not be a folder."""
        for name in ("log/2/a", "log/10/a", "log/1/b", "log/1/a", "new/1/a", "logs"):
            workspace.put(name, b"x")
        assert list(workspace.names("log/1")) == ["log/1/a", "log/1/b", "log/10/a"]
        assert list(workspace.names("log/1/")) == ["log/1/a", "log/1/b"]
        assert len(workspace.names("")) == 6
        assert list(workspace.names("no/such/")) == []

    def test_a_workspace_is_cleared(self, workspace: Workspace) -> None:
        """And can be used again; clearing an empty one is no error."""
        workspace.clear()
        workspace.put("log/1/a", b"x")
        workspace.clear()
        assert list(workspace.names("")) == []
        workspace.put("log/1/a", b"y")
        assert workspace.get("log/1/a") == b"y"
